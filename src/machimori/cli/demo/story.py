# SPDX-License-Identifier: AGPL-3.0-or-later
"""The story of one request: from the application to the day on which nobody can look any more.

Every step is the real thing against the city's processes; a step that is meant to be refused fails
the story if it is not.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from machimori.cli.demo.city import RULE, SCHEME, City
from machimori.cli.demo.screen import Screen
from machimori.evidence import bundle
from machimori.evidence.make import Order, Package, make
from machimori.evidence.verifier.statement import Approval
from machimori.footage.store import DirectoryStore, Store
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import CameraId, CaseId, SchemeId
from machimori.kernel.instants import Micros, local_day
from machimori.ledger.entry import Entry, commit
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import Authorisation, Hold, HoldEnd
from machimori.vault.client.testing import DAY, HOLD_GROUND, POST, nonce, signed
from machimori.vault.errors import VaultRefusedError

CASE = CaseId("r8-gaito-12")
GROUND = "刑事訴訟法197条2項（捜査関係事項照会書）"
SECOND = 1_000_000


class StoryError(MachimoriError):
    """A step of the story did not end as it must."""

    exit_code = 70


@dataclass(frozen=True, kw_only=True)
class Told:
    """Where the story left what it made."""

    package: Path
    verifier: Path
    fingerprint: str


class Story:
    """One case in one city; `tell` walks it and says each step on the screen."""

    def __init__(self, city: City, screen: Screen, out: Path) -> None:
        self._city = city
        self._screen = screen
        self._out = out
        self._camera = CameraId(city.cameras[0])
        self._reader = Reader.generate()
        self._backup = city.directory / "backup"
        self._step = 0

    def tell(self, start: Micros, end: Micros) -> Told:
        """Walk the case about [start, end) of the first camera. Raises StoryError, and errors."""
        self._apply()
        self._hold(start, end)
        draft = self._authorisation(start, end)
        self._refused_without_approval(draft)
        approved = self._approve(draft)
        told = self._package(approved)
        self._verify(told)
        self._nights_pass(start)
        self._refused_for_ever(start, end)
        return told

    def _say(self, japanese: str, english: str) -> None:
        self._step += 1
        self._screen.say(f" {self._step:2}. {japanese}", f" {self._step:2}. {english}")

    def _apply(self) -> None:
        who = commit("○○警察署長")
        entry = Entry(
            type="provision.requested",
            at=self._city.clock.now(),
            subject={"case": CASE, "scheme": SCHEME, "camera": self._camera},
            data={"ground": "investigative_inquiry"},
            commitments={"requester": who.digest},
        )
        self._city.ledger.append(entry)
        proof = self._city.ledger.wait(entry.id)
        self._say(
            "申請 — 警察署から照会書が届きました。"
            f"台帳の{proof.index + 1}番目に記録（氏名は台帳に載りません）",
            f"Application: the police's inquiry is entry {proof.index + 1} of the ledger (no name)",
        )

    def _hold(self, start: Micros, end: Micros) -> None:
        last_day = local_day(self._city.clock.now()) + timedelta(days=40)
        statement = Hold(
            case=CASE,
            ground=HOLD_GROUND,
            scheme=SchemeId(SCHEME),
            cameras=(self._camera,),
            start=start,
            end=end,
            last_day=last_day.isoformat(),
            nonce=nonce(),
        )
        keys = self._city.holds.place(self._city.vault, signed(statement, *self._city.officers[:2]))
        copied = self._city.holds.copy_all()
        self._say(
            f"保全 — 消去を止めました：{keys.segments}区間の鍵を案件の鍵へ封じ直し、"
            f"{copied}区間を写しました"
            f"（保全の期限 {last_day:%Y年%m月%d日}）。保全中も、承認がなければ誰も見られません",
            f"Hold: keys of {keys.segments} segments re-sealed to the case, {copied} copied"
            f" (last day {last_day}); still nobody can look",
        )

    def _authorisation(self, start: Micros, end: Micros) -> Envelope:
        now = self._city.clock.now()
        return Authorisation(
            case=CASE,
            ground=GROUND,
            scheme=SchemeId(SCHEME),
            cameras=(self._camera,),
            start=start,
            end=end,
            purpose="窃盗事件の捜査",
            requester="police-station-1",
            reader=self._reader.public.raw,
            nonce=nonce(),
            valid_from=Micros(now - 60 * SECOND),
            valid_to=Micros(now + DAY),
            openings=3,
        ).envelope()

    def _refused_without_approval(self, draft: Envelope) -> None:
        alone = self._city.officers[0].sign(draft)
        # The same draft is approved later, so this attempt has a nonce of its own.
        attempt = replace(Authorisation.decode(alone), nonce=nonce()).envelope()
        attempt = self._city.officers[0].sign(attempt)
        refusal = self._must_refuse(attempt, self._city.case_store(CASE))
        self._say(
            f"承認なしの取出し — 断られました：{refusal}",
            f"An attempt with one signature: refused: {refusal}",
        )

    def _approve(self, draft: Envelope) -> Envelope:
        approved = draft
        for officer in self._city.officers[:2]:
            approved = officer.sign(approved)
            self._say(
                f"決裁 — {officer.id} が内容を読み、署名しました（確認番号 {draft.short_code()}）",
                f"Approval: {officer.id} read the statement and signed (code {draft.short_code()})",
            )
        return approved

    def _package(self, approved: Envelope) -> Told:
        path = self._out / f"{CASE}.zip"
        package = self._make(approved, path, self._city.case_store(CASE))
        self._city.carry()
        fingerprint = self._city.vault.status().fingerprint()
        verifier = self._out / "verify.py"
        verifier.write_bytes(bundle.pack())
        self._say(
            f"鍵の放出と証拠一式 — {package.size / 1e6:.1f} MB を {path.name} に書きました",
            f"Release and package: {package.size / 1e6:.1f} MB written to {path.name}",
        )
        return Told(package=path, verifier=verifier, fingerprint=fingerprint)

    def _make(self, authorisation: Envelope, path: Path, store: Store) -> Package:
        return make(
            client=self._city.vault,
            ledger=self._city.ledger,
            store=store,
            order=Order(
                authorisation=authorisation,
                approvals=tuple(
                    Approval(officer=officer.id, post=POST, keyid=officer.keyid)
                    for officer in self._city.officers[:2]
                ),
            ),
            reader=self._reader,
            out=path,
            clock=self._city.clock,
        )

    def _verify(self, told: Told) -> None:
        command = [sys.executable, "-I", str(told.verifier), str(told.package)]
        command += ["--city", told.fingerprint, "--lang", self._screen.word("ja", "en")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StoryError(f"the package does not verify: {done.stdout}{done.stderr}")
        verdict = done.stdout.strip().splitlines()[0]
        self._say(
            f"検証 — ネットワークのない素のPythonで：{verdict}",
            f"Verification, on a bare Python without a network: {verdict}",
        )

    def _nights_pass(self, start: Micros) -> None:
        end = HoldEnd(case=CASE, ground="提供済", scheme=SchemeId(SCHEME), nonce=nonce())
        self._city.vault.end_hold(signed(end, *self._city.officers[:2]))
        self._city.stop_recorder()
        # What a thief, or last night's backup, would have.
        shutil.copytree(self._city.directory / "store", self._backup)
        day = local_day(start)
        self._city.advance_to(0)
        outcome = self._city.expire()
        if outcome.problems or not outcome.segments:
            raise StoryError(f"expiry left something: {outcome}")
        self._say(
            f"保全の終わりと保存期間 — {RULE.last_day(day):%Y年%m月%d日}24時に鍵を破棄しました"
            f"（ファイル{outcome.segments}個も消去）。控えからも戻せません",
            f"Expiry: the keys were destroyed at the end of {RULE.last_day(day)},"
            f" {outcome.segments} files removed; no backup brings them back",
        )

    def _refused_for_ever(self, start: Micros, end: Micros) -> None:
        again = self._authorisation(start, end)
        for officer in self._city.officers[:2]:
            again = officer.sign(again)
        refusal = self._must_refuse(again, DirectoryStore(self._backup, Disk()))
        self._say(
            "同じ取出しをもう一度、二人の署名と、消去の前に写しておいたファイルで — "
            f"断られました：{refusal}",
            "The same extraction again, with both signatures and with files copied before expiry:"
            f" refused: {refusal}",
        )

    def _must_refuse(self, authorisation: Envelope, store: Store) -> str:
        path = self._out / "refused.zip"
        try:
            self._make(authorisation, path, store)
        except VaultRefusedError as refusal:
            if path.exists():
                raise StoryError("a refused extraction left a package") from refusal
            return self._screen.word(_REASONS.get(refusal.reason, refusal.message), refusal.message)
        raise StoryError("what must be refused was not")


_REASONS = {
    "too_few_signers": "二人の署名が要りますが、一人分しかありません",
    "expired": "この画像は、もう誰も見られません（保存期間が終わっています）",
    "destroyed": "この画像は、もう誰も見られません（鍵は破棄されています）",
}
