# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists: one description gives the page with its search, the CSV and the Excel file.

CSV is UTF-8 with BOM, as Excel in Japan needs. In both files a cell that a spreadsheet would take
for a formula is written as text (OWASP, CSV Injection): somebody's name must not run.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import Any, Final, Generic, Protocol, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

PAGE: Final = 50
_BATCH: Final = 2000
_RARE: Final = 1000
"""What a search finds: so many rows are sorted and counted by their keys."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Row = TypeVar("Row", bound=Model)
Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell that leads somewhere, or is marked. Files get its text alone."""

    text: str
    href: str = ""
    mark: str = ""
    """The class of a mark around the text: `open`, `ours`."""


@dataclass(frozen=True, kw_only=True)
class Listing(Generic[Row]):
    """How rows of a kind are shown. `name` is the files' name, without ending."""

    name: str
    columns: Sequence[str]
    cells: Callable[[Any], Sequence[str | Cell]]
    """The cells of a row, or of what `load` made of it."""
    search: Sequence[str] = ()
    """Fields in which the words of the search must all be found."""
    lookup: str = "icontains"
    """How: `contains`, which is faster, where nobody would type a Latin letter in another case."""
    load: Callable[[Sequence[Row]], Sequence[Any]] | None = None
    """Fetches what many rows need at once, one value for each row, in their order."""

    def find(self, rows: QuerySet[Row], words: str) -> QuerySet[Row]:
        """The rows in which every word is found."""
        for word in words.split():
            matches = Q()
            for field in self.search:
                matches |= Q(**{f"{field}__{self.lookup}": word})
            rows = rows.filter(matches)
        return rows

    def respond(
        self, request: HttpRequest, rows: QuerySet[Row], template: str, context: dict[str, Any]
    ) -> HttpResponse:
        """The page with `listing` in its context, or the file that `?as=` asks for."""
        words = _words(request)
        return _respond(
            request,
            _Found(
                name=self.name,
                columns=self.columns,
                rows=self.find(rows, words),
                cells=self.cells,
                searchable=bool(self.search),
                unsearched=rows if words.split() else None,
                load=self.load,
            ),
            template,
            context,
        )


@dataclass(frozen=True, kw_only=True)
class ValueListing(Generic[Value]):
    """A list of values that no table holds. Each word of the search must be found in a cell."""

    name: str
    columns: Sequence[str]
    cells: Callable[[Value], Sequence[str | Cell]]

    def find(self, rows: Iterable[Value], words: str) -> list[Value]:
        """The rows in which every word is found, in small letters or large."""
        wanted = words.casefold().split()
        return [
            row
            for row in rows
            if all(
                any(word in _text(cell).casefold() for cell in self.cells(row)) for word in wanted
            )
        ]

    def respond(
        self, request: HttpRequest, rows: Iterable[Value], template: str, context: dict[str, Any]
    ) -> HttpResponse:
        """The page with `listing` in its context, or the file that `?as=` asks for."""
        found = _Found(
            name=self.name,
            columns=self.columns,
            rows=self.find(rows, _words(request)),
            cells=self.cells,
            searchable=True,
        )
        return _respond(request, found, template, context)


class Long(Protocol[Value_co]):
    """Rows that are counted without being fetched, and fetched a part at a time."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> Sequence[Value_co]: ...
    def __iter__(self) -> Iterator[Value_co]: ...


@dataclass(frozen=True, kw_only=True)
class LongListing(Generic[Value]):
    """A list of values that are too many to judge for a page of them: they search themselves."""

    name: str
    columns: Sequence[str]
    cells: Callable[[Value], Sequence[str | Cell]]

    def respond(
        self,
        request: HttpRequest,
        rows: Callable[[str], Long[Value]],
        template: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        """The page with `listing` in its context, or the file that `?as=` asks for. `rows` finds
        those with the words of the search."""
        found = _Found(
            name=self.name,
            columns=self.columns,
            rows=rows(_words(request)),
            cells=self.cells,
            searchable=True,
        )
        return _respond(request, found, template, context)


@dataclass(frozen=True, kw_only=True)
class _Found(Generic[Value]):
    name: str
    columns: Sequence[str]
    rows: "QuerySet[Any] | Long[Value]"
    cells: Callable[[Value], Sequence[str | Cell]]
    searchable: bool
    unsearched: QuerySet[Any] | None = None
    """What was searched for `rows`, if a table was."""
    load: Callable[[Sequence[Any]], Sequence[Any]] | None = None

    def of_page(self, rows: Sequence[Any]) -> Sequence[Any]:
        """What the cells of these rows are made of."""
        return self.load(rows) if self.load else rows

    def all(self) -> Iterable[Any]:
        """What the cells of every row are made of, in bounded memory."""
        if not isinstance(self.rows, QuerySet):
            return self.rows
        rows = self.rows.iterator(_BATCH)
        batches = iter(lambda: list(islice(rows, _BATCH)), [])
        return chain.from_iterable(map(self.of_page, batches))


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "")[:100]


def _respond(
    request: HttpRequest, found: "_Found[Any]", template: str, context: dict[str, Any]
) -> HttpResponse:
    wanted = request.GET.get("as")
    if wanted in ("csv", "xlsx"):
        texts = ([_text(cell) for cell in found.cells(row)] for row in found.all())
        return (csv_file if wanted == "csv" else xlsx_file)(found.name, found.columns, texts)
    page, rows = _page(found, request.GET.get("page"))
    listing = {
        "words": _words(request),
        "columns": found.columns,
        "searchable": found.searchable,
        "page": page,
        "rows": [
            [cell if isinstance(cell, Cell) else Cell(text=cell) for cell in found.cells(row)]
            for row in found.of_page(rows)
        ],
        "query": _query(request),
    }
    return render(request, template, context | {"listing": listing})


def _page(found: "_Found[Any]", wanted: str | None) -> tuple[Page[Any], Sequence[Any]]:
    """A page and what is on it. Of a table the keys are found first: what a row is joined with is
    not fetched for the rows of the pages before."""
    rows, whole = found.rows, found.unsearched
    if not isinstance(rows, QuerySet):
        several: Any = rows
        page: Page[Any] = Paginator(several, PAGE).get_page(wanted)
        return page, list(page)
    if whole is not None:
        # A table is gone through once: whoever sorts what is rare, or counts it, goes again.
        hits = list(rows.order_by().values_list("pk", flat=True)[: _RARE + 1])
        if len(hits) <= _RARE:
            rows = whole.filter(pk__in=hits)
    keys: Any = _Keys(rows.values_list("pk", flat=True))
    page = Paginator(keys, PAGE).get_page(wanted)
    read = {row.pk: row for row in (rows if whole is None else whole).filter(pk__in=list(page))}
    return page, [read[key] for key in page]


class _Keys:
    """The keys of a table's rows, as a paginator asks for them. Those of the second half are read
    from the end: the last page costs what the first costs."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self._rows = rows

    def count(self) -> int:
        """How many there are."""
        return self._count

    @cached_property
    def _count(self) -> int:
        return self._rows.count()

    def __getitem__(self, part: slice) -> list[Any]:
        """Those from a start to an end, neither beyond the last."""
        start, stop = part.start, part.stop
        if start <= self._count - stop:
            return list(self._rows[part])
        return list(self._rows.reverse()[self._count - stop : self._count - start])[::-1]


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A CSV file to save."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([guarded(column) for column in columns])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return _file(text.getvalue().encode("utf-8-sig"), f"{name}.csv", "text/csv; charset=utf-8")


def xlsx_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """An Excel file to save. Every cell is text."""
    # Loaded by who saves one: it is a tenth of the start of a process that seldom does.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title=name[:31])
    for row in (columns, *rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=guarded(value))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    data = io.BytesIO()
    book.save(data)
    return _file(data.getvalue(), f"{name}.xlsx", _XLSX)


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _text(cell: str | Cell) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def _query(request: HttpRequest) -> str:
    kept = request.GET.copy()
    for name in ("page", "as"):
        kept.pop(name, None)
    return kept.urlencode()


def _file(data: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(data, content_type=kind)
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    return response
