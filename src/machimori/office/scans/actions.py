# SPDX-License-Identifier: AGPL-3.0-or-later
"""Attaching a scan, and taking one back that was attached by mistake."""

import hashlib
import secrets

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.scans import sealing
from machimori.office.scans.content import media_type
from machimori.office.scans.history import Paper, add, of_case
from machimori.office.scans.models import Scan
from machimori.office.scans.owners import Subject
from machimori.office.shared.errors import refusal

MOST = 50
"""Scans of one case."""


@transaction.atomic
def attach(
    owner: str,
    about: str,
    subject: Subject,
    data: bytes,
    *,
    paper: str,
    acting: Acting,
) -> Paper:
    """書類の画像を付ける: 1. the content is checked; 2. sealed file, then key, on the disk; 3. the
    fact and its ledger entry. What a failure leaves after 2 the nightly sweep erases.

    Raises ActionRefusedError if the person may not, or the file is none of the four types.
    """
    _check_may(subject)
    kept = [one for one in of_case(owner, about) if one.state == "kept"]
    digest = hashlib.sha256(data).hexdigest()
    heading = _t("このファイルは付けられません")
    if len(kept) >= MOST:
        raise refusal(heading, _t("1件に付けられるのは%(n)sまでです。") % {"n": MOST})
    if any(one.digest == digest for one in kept):
        raise refusal(heading, _t("同じファイルが、もう付いています。"))
    media = media_type(data)
    name = f"s-{secrets.token_hex(8)}"
    scan = Scan.objects.create(
        id=name,
        scheme=acting.scheme,
        owner=owner,
        about=about,
        paper=paper,
        media=media,
        size=len(data),
    )
    sealing.seal(name, media, data)
    return add(scan, None, "attached", {"sha256": digest}, at=acting.at, by=acting.person)


def take_back(paper: Paper, subject: Subject, *, why: str, acting: Acting) -> Paper:
    """まちがえて付けたものを消す, with why (`WHY`): the fact first, then the key. If the process
    dies between them the nightly sweep erases the key. Raises ActionRefusedError."""
    _check_may(subject)
    with transaction.atomic():
        said = {"sha256": paper.digest, "why": why}
        paper = add(paper.scan, paper, "withdrawn", said, at=acting.at, by=acting.person)
    sealing.erase(paper.scan.pk)
    return paper


def _check_may(subject: Subject) -> None:
    if not subject.may_attach:
        heading = _t("書類を付けられません")
        raise refusal(heading, _t("この案件の受付をする人に頼んでください。"))
