# SPDX-License-Identifier: AGPL-3.0-or-later
"""Openings of a case's footage on a screen (閲覧): one use an opening, with what was shown."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.internal.history import File as InternalFile
from machimori.office.internal.history import files_of
from machimori.office.oversight.asked import Asked, Word
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.provision.forms import named
from machimori.office.provision.history import File
from machimori.office.shared.addresses import address_of
from machimori.office.shared.templatetags.office import post
from machimori.office.viewing.models import Viewing, Watched


class Viewings:
    """Openings of the viewing app."""

    name: ClassVar[str] = "viewing"
    numbered: ClassVar[bool] = False
    of_provision: ClassVar[bool] = True

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        if asked.stations is not None or asked.act not in ("", "view"):
            return Viewing.objects.none()
        found = Viewing.objects.filter(asked.within("at"), asked.people("by"), scheme=asked.scheme)
        if asked.post:
            # Those held then are on record here.
            found = found.filter(posts__regex=rf"(^| ){asked.post}( |$)")
        for word in asked.words:
            found = found.filter(_means(word))
        watched = Watched.objects.filter(viewing=OuterRef("pk")).values("camera").distinct()
        found = found.annotate(shown=ArraySubquery(watched))
        return found.select_related("case__numbered", "use__numbered", "by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        if not rows:
            return []
        internal = {row.use_id: row.use for row in rows if row.use_id}
        uses = {file.use.pk: file for file in files_of(list(internal.values()))} if internal else {}
        return [
            _viewed(row, cases.files[row.case_id], row.shown)
            if row.case_id
            else _used(row, uses[row.use_id], row.shown)
            for row in rows
        ]


def _means(word: Word) -> Q:
    # The number of a case of provision stands in its heading too.
    found = word.headed.of("provision") | Q(use__isnull=False, title__contains=word.text)
    if word.people:
        found |= Q(by__in=word.people)
    if word.camera:
        found |= Q(pk__in=Watched.objects.filter(camera=word.camera).values("viewing"))
    return found


def _viewed(row: Viewing, file: File, shown: list[str]) -> Use:
    application, ground = file.application, file.ground
    return replace(
        _base(row, shown),
        href=address_of("provision:case", file.case.pk),
        ground=named(ground) if ground else "",
        purpose=application.purpose,
        reason=application.reason or application.case,
    )


def _used(row: Viewing, file: InternalFile, shown: list[str]) -> Use:
    return replace(
        _base(row, shown),
        href=address_of("internal:use", file.use.pk),
        ground=_t("内部利用"),
        purpose=file.draft.data["need"],
    )


def _base(row: Viewing, shown: list[str]) -> Use:
    return Use(
        source=Viewings.name,
        key=row.pk,
        at=row.at,
        act="view",
        said="・".join(map(post, row.posts.split())),
        number=row.title,
        case=row.subject,
        href="",
        person=row.by_id,
        by=row.by.name,
        cameras=tuple(sorted(shown)),
        start=row.start,
        end=row.end,
        more="　".join(filter(None, (row.attendees, row.reason))),
    )
