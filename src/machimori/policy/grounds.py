# SPDX-License-Identifier: AGPL-3.0-or-later
"""Grounds of provision and use: which there are, and what each asks for before a decision."""

from dataclasses import dataclass

from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue
from machimori.policy.weighing import Weighing
from machimori.policy.wording import in_words

_OF_ANOTHER = frozenset(("subject_consent", "face_photo"))
"""Fields that only an applicant who is not the person shown must fill."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One ground with its rules; None is a rule that is unset or does not apply."""

    id: str
    label: str
    clause: str
    basis: str
    opens: tuple[str, ...]
    paper: str | None
    documents: tuple[str, ...]
    urgent_variant: bool
    identity_checked: bool
    fields: tuple[str, ...]
    checks: tuple[str, ...]
    consent_scope: str | None
    hold: bool | None
    hold_days: int | None
    signers: int
    counted_publicly: bool


def grounds(profile: Profile) -> tuple[Ground, ...]:
    """The grounds in the document's order."""
    return tuple(_ground(profile, name) for name in profile.members("grounds"))


def ground_named(profile: Profile, name: str) -> Ground | None:
    """The ground of this name; None if the document has none."""
    return _ground(profile, name) if profile.applies(f"grounds.{name}.label") else None


def _ground(profile: Profile, name: str) -> Ground:
    def key(word: str) -> str:
        return f"grounds.{name}.{word}"

    asked = (profile.names(key("fields")) or ()) + (profile.names(key("fields_added")) or ())
    return Ground(
        id=name,
        label=profile.text(key("label")) or "",
        clause=profile.answer(key("label")).clause,
        basis=profile.text(key("basis")) or "other",
        opens=profile.names(key("opens")) or (),
        paper=profile.text(key("paper")),
        documents=profile.names(key("documents")) or (),
        urgent_variant=profile.flag(key("urgent_variant")) or False,
        identity_checked=profile.flag(key("identity_checked")) is not False,
        fields=tuple(dict.fromkeys(asked)),
        checks=profile.names(key("checks")) or (),
        consent_scope=profile.text(key("consent_scope")),
        hold=profile.flag(key("hold")),
        hold_days=profile.number(key("hold_days")),
        signers=profile.number(key("signers")) or 1,
        counted_publicly=profile.flag(key("counted_publicly")) is not False,
    )


def ground_known(weighing: Weighing, purpose: str) -> bool:
    """Refuse unless the request names a ground of the profile that opens `purpose`."""
    profile, name = weighing.profile, weighing.request.ground
    if not name or not profile.applies(f"grounds.{name}.label"):
        labels = "／".join(ground.label for ground in grounds(profile))
        return weighing.need(
            False,
            "ground",
            "provision.closed",
            "提供の根拠が選ばれていません。{source}が認めるのは、次の場合だけです。" + labels,
            "No ground is chosen; {source} allows no others than: " + labels,
        )
    key = f"grounds.{name}.opens"
    weighing.settled(f"grounds.{name}.label")
    return weighing.need(
        purpose in (profile.names(key) or ()),
        "ground_use",
        key,
        "この根拠でできることに含まれていません（{source}）。",
        "Not what this ground opens ({source}).",
    )


def accepted(weighing: Weighing) -> None:
    """Refuse unless all is there that the ground asks for before a decision on provision."""
    request, profile = weighing.request, weighing.profile
    if not ground_known(weighing, "provision"):
        return
    name = f"grounds.{request.ground}"
    if weighing.flag("provision.application_required"):
        weighing.need(
            request.application_filed,
            "application",
            "provision.application_required",
            "申請書が出ていません（{source}）。",
            "No application has been filed ({source}).",
        )
    _paper(weighing, name)
    for word in ("fields", "fields_added"):
        _filled(weighing, f"{name}.{word}")
    _checked(weighing, f"{name}.checks")
    if profile.text(f"{name}.basis") == "consent" and weighing.settled(f"{name}.consent_scope"):
        each = profile.text(f"{name}.consent_scope") == "each"
        given = request.by_subject and not each
        weighing.need(
            given or request.consents == "each" or (request.consents == "applicant" and not each),
            "consent",
            f"{name}.consent_scope",
            ("写っている全員" if each else "本人") + "の同意がありません（{source}）。",
            ("Everybody's" if each else "The person's") + " consent is missing ({source}).",
        )
    needed = profile.number(f"{name}.signers") or 1
    if weighing.settled(f"{name}.signers"):
        weighing.need(
            request.signers >= needed,
            "signers",
            f"{name}.signers",
            f"署名が{needed}人分必要です（{{source}}）。",
            f"{needed} must sign ({{source}}).",
        )


def _paper(weighing: Weighing, name: str) -> None:
    request, profile = weighing.request, weighing.profile
    if not weighing.settled(f"{name}.paper") or request.document_present:
        return
    paper = profile.text(f"{name}.paper")
    if paper == "none":
        return
    names, english = in_words(
        catalogue().question(f"{name}.documents"), profile.names(f"{name}.documents") or ()
    )
    if paper == "prior":
        variant = weighing.flag(f"{name}.urgent_variant")
        if variant is None:
            return
        if not (variant and request.urgent):
            weighing.need(
                False,
                "document",
                f"{name}.paper",
                f"文書が届いていません：{names}（{{source}}）。"
                + ("緊急のときだけ、あとから受け取れます。" if variant else ""),
                f"The document is missing: {english} ({{source}}).",
            )
            return
    weighing.need(
        request.identity_checked,
        "identity",
        f"{name}.urgent_variant" if paper == "prior" else f"{name}.identity_checked",
        "文書より先に渡すには、相手の身分の確認が必要です（{source}）。",
        "Before the document is there, the identity must be checked ({source}).",
    )


def _filled(weighing: Weighing, key: str) -> None:
    if not weighing.settled(key):
        return
    asked = weighing.profile.names(key) or ()
    excused = _OF_ANOTHER if weighing.request.by_subject else frozenset[str]()
    missing = tuple(
        name for name in asked if name not in weighing.request.fields and name not in excused
    )
    ja, en = weighing.chosen(key, missing)
    weighing.need(
        not missing,
        "fields",
        key,
        f"足りない項目があります：{ja}（{{source}}）。",
        f"Fields are missing: {en} ({{source}}).",
    )


def _checked(weighing: Weighing, key: str) -> None:
    if not weighing.settled(key):
        return
    asked = weighing.profile.names(key) or ()
    missing = tuple(name for name in asked if name not in weighing.request.checks)
    ja, en = weighing.chosen(key, missing)
    weighing.need(
        not missing,
        "checks",
        key,
        f"まだ確かめていません：{ja}（{{source}}）。",
        f"Not checked yet: {en} ({{source}}).",
    )


def recorded(weighing: Weighing) -> None:
    """Refuse unless all is recorded that use and provision record (印西 3(6), 堺 10(4))."""
    asked = weighing.profile.names("provision.recorded") or ()
    missing = tuple(name for name in asked if name not in weighing.request.recorded)
    ja, en = weighing.chosen("provision.recorded", missing)
    if weighing.settled("provision.recorded"):
        weighing.need(
            not missing,
            "recorded",
            "provision.recorded",
            f"まだ記録していません：{ja}（{{source}}）。",
            f"Not recorded yet: {en} ({{source}}).",
        )
