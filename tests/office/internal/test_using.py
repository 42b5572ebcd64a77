# SPDX-License-Identifier: AGPL-3.0-or-later
"""An internal use on a real vault: what was permitted is opened, copied and ended."""

import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.urls import reverse

from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.verdict import Verdict
from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.internal.copying import package_of
from machimori.office.internal.testing import Users
from machimori.office.jobs.testing import work_off
from machimori.office.provision.testing_engine import RETENTION_CLASS, EngineDesk, engine_desk
from machimori.office.rules.access import in_force
from machimori.office.shared.engine import engine
from machimori.office.viewing.models import Viewing
from machimori.vault.client.testing import POST, rules


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineDesk]:
    """旭川, whose vault wants two signatures, but for internal use the manager's alone."""
    with engine_desk(clock, database, profile="asahikawa", cameras=1) as desk:
        profile = in_force(desk.cast.scheme, desk.day)
        desk.vault.submit(
            rules(
                desk.cast.scheme.pk,
                {RETENTION_CLASS: profile.retention()},
                version=2,
                effective_from=desk.start,
                max_openings=profile.number("signing.openings") or 1,
                sole_signers={"internal": (POST,)},
            )
        )
        yield desk


def test_A12_K12_what_was_permitted_is_viewed_copied_and_followed_to_its_end(
    real: EngineDesk, tmp_path: Path
) -> None:
    """Nothing opens before the manager's signature, nothing after the result; the copy is checked
    by the manager and has a day by which it ends."""
    users = Users.of(real, terminal_place="office")
    file = users.drafted(**(real.asked | {"uses": ["view", "copy"]}))
    view = reverse("viewing:use", args=[file.use.pk])
    assert "開けるのは、指示や許可が出てから" in users.browser.post(view).content.decode()
    assert "location" in users.sign(file)
    away = real.browser(users.person)
    assert "専用パソコン" in away.post(view).content.decode()
    page = users.browser.post(view, follow=True).content.decode()
    told = re.search(r'data-reel="([^"]*)"', page)
    assert told is not None, page
    piece = json.loads(unescape(told[1]))["cameras"][0]["pieces"][0]["address"]
    answer = users.browser.get(piece)
    assert b"moof" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # streams
    assert Viewing.objects.get(use=file.use).by == users.person
    listed = real.browser().get(reverse("viewing:listing")).content.decode()
    assert file.number in listed

    users.send(file, "copy")
    work_off(file.use.pk)
    file = users.again(file, "in_use")
    city = hashlib.sha256(engine().vault.identity().public).hexdigest()
    package = tmp_path / "package.zip"
    fetched = users.browser.post(reverse("internal:package", args=[file.use.pk]))
    package.write_bytes(b"".join(fetched.streaming_content))  # type: ignore[attr-defined]  # streams
    assert verify(package, city=city).verdict is Verdict.SOUND
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    medium = {"kind": "usb", "number": "USB-1", "due": "令和8年5月20日"}
    assert "指紋と違います" in users.send(file, "medium", **medium, read_back="00000000")
    users.send(file, "medium", **medium, read_back=digest[:8])
    assert package_of(file) is None
    file = users.again(file, "in_use")
    [copy] = file.copies
    today = users.browser.get(reverse("people:today")).content.decode()
    assert "USB-1" in today
    users.send(file, "result", result="レンズの汚れと分かり、清掃した")
    assert users.browser.get(piece).status_code == 404
    assert "消去・廃棄を記録していない複製" in users.send(file, "close")
    args = [file.use.pk, copy.written.serial]
    assert users.browser.post(reverse("internal:check", args=args)).status_code == 403
    real.browser().post(reverse("internal:check", args=args))
    ended = {"fate": "destroyed", "on": "令和8年5月14日", "witness": "佐藤"}
    users.browser.post(reverse("internal:end", args=args), ended)
    users.send(file, "close")
    assert users.again(file, "closed")
    register = real.browser().get(reverse("internal:copies")).content.decode()
    for words in ("USB-1", "破砕・溶解などで廃棄した", real.manager.name):
        assert words in register
