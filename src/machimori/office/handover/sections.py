# SPDX-License-Identifier: AGPL-3.0-or-later
"""What handover adds to the page of a case: the next button, progress, and the copies."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _t

from machimori.office.handover import access, ending, progress
from machimori.office.handover.extracting import PACKAGE
from machimori.office.handover.history import Followed, copies_seen, current
from machimori.office.handover.media import WAYS
from machimori.office.handover.models import Fact
from machimori.office.handover.progress import Making
from machimori.office.people.acting import Acting
from machimori.office.provision import offers
from machimori.office.provision import sections as parts
from machimori.office.provision.history import File
from machimori.office.rules.words import post_title
from machimori.office.shared.posts import Post


def making(file: File) -> Making | None:
    """How far the packages are that the case waits for; None if it waits for none."""
    if file.state not in ("extracting", "instructed", "reviewing"):
        return None
    last = file.facts[-1]
    if last.kind == "extraction_failed":
        return progress.failed(str(last.data["reason"]))
    if last.kind == "extraction_begun":
        return progress.running(PACKAGE, file.case.pk)
    if last.kind == "extracted":
        return progress.done(_t("証拠一式ができました。媒体に書いて確かめてください。"))
    return None


def _notice(file: File, acting: Acting) -> dict[str, Any] | None:
    found = making(file)
    return None if found is None or found.state == "done" else polled(file, found, acting)


def polled(file: File, found: Making | None, acting: Acting) -> dict[str, Any]:
    """What the progress' template is given."""
    following = next_step(file, acting)
    return {
        "making": found,
        "poll": reverse("handover:progress", args=[file.case.pk]),
        "next": following[1] if following else reverse("provision:case", args=[file.case.pk]),
    }


def _copies(file: File, acting: Acting) -> dict[str, Any] | None:
    del acting
    copies = copies_seen(file)
    if not copies:
        return None
    completed = file.latest("completed")
    until = dt.date.fromisoformat(completed.data["records_until"]) if completed else None
    return {
        "copies": copies,
        "handed": file.latest("handed_over"),
        "records_until": until,
    }


def _complete(file: File, acting: Acting) -> dict[str, Any] | None:
    """The main button, once every copy has ended."""
    if file.state != "provided" or not acting.holds(*access.DESK):
        return None
    return None if any(one.is_open for one in copies_seen(file)) else {}


def _checkers(file: File) -> tuple[Post, ...]:
    """The posts that confirm completion under the case's rules."""
    named = file.rules.names("acts.check_completion") or ()
    return tuple(post for post in access.CHECKERS if post in named)


def _may_check(file: File, acting: Acting) -> bool:
    return acting.holds(*_checkers(file))


def _awaits_check(file: File, acting: Acting) -> dict[str, Any] | None:
    """Who confirms completion, for whoever it is not."""
    if file.state != "awaiting_check" or _may_check(file, acting):
        return None
    return {"checkers": [post_title(file.rules, post) for post in _checkers(file)]}


def next_step(file: File, acting: Acting) -> tuple[str, str] | None:
    """Text and address of the next thing once an extraction was ordered."""
    desk = acting.holds(*access.DESK)
    if file.state in ("instructed", "reviewing") and desk:
        return _t("取り出す"), reverse("handover:extract", args=[file.case.pk])
    if file.state == "awaiting_check" and _may_check(file, acting):
        return _t("できた複製を確かめる"), reverse("handover:check", args=[file.case.pk])
    if not desk:
        return None
    if file.state == "ready_for_handover":
        text = _t("受け取る方を確認して引き渡す")
        return text, reverse("handover:hand_over", args=[file.case.pk])
    if file.state in ("extracting", "provided"):
        return _next_copy(file)
    return None


def _next_copy(file: File) -> tuple[str, str] | None:
    if file.state == "extracting":
        for one in current(file, copies_seen(file)):
            if one.state == "packed":
                return medium_text(one), reverse("handover:medium", args=[one.copy.pk])
        return None
    for one in copies_seen(file):
        if ending.ways(file, one) and one.is_open:
            return _t("複製の終わりを記録する"), reverse("handover:settle", args=[one.copy.pk])
    return None


def medium_text(copy: Followed) -> str:
    """What writing this medium is called."""
    if copy.copy.parts == 1:
        return _t("媒体に書いて確かめる")
    return _t("%(part)s本目の媒体に書いて確かめる（全部で%(parts)s本）") % {
        "part": copy.copy.part,
        "parts": copy.copy.parts,
    }


def compared(copy: Followed) -> str:
    """How the medium was read back."""
    written = copy.latest("written")
    if written is None:
        return ""
    if written.data["compared"] == "whole":
        return _t("媒体のファイル全体の指紋が一致した")
    return _t("読み返した指紋のはじめの部分が一致した")


def said(fact: Fact) -> str:
    """What a fact of a copy says beyond its kind."""
    data = fact.data
    way = dict(WAYS).get(data.get("password", ""))
    words = [
        str(data.get("number", "")),
        _t("パスワードは別に渡した（%(way)s）") % {"way": way} if way else "",
        str(data.get("body", "")),
        str(data.get("name", "")),
        str(data.get("reason", "")),
        str(data.get("note", "")),
    ]
    return "　".join(word for word in words if word)


def install() -> None:
    """Called once, when the app is ready."""
    offers.register("handover", next_step)
    parts.register("handover.progress", parts.Part("handover/notice.html", _notice, first=True))
    parts.register("handover.complete", parts.Part("handover/complete.html", _complete, first=True))
    parts.register("handover.check", parts.Part("handover/awaits.html", _awaits_check, first=True))
    parts.register("handover.copies", parts.Part("handover/section.html", _copies))
