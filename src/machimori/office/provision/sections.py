# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts that apps above provision put on the page of a case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.template.loader import render_to_string

from machimori.office.people.acting import Acting
from machimori.office.provision.history import File

Told = Callable[[File, Acting], dict[str, Any] | None]
"""What the part's template is given about the case; None: the part is left out."""


@dataclass(frozen=True)
class Part:
    """A part of the page: `first` parts stand above the buttons, others below the case."""

    template: str
    told: Told
    first: bool = False


_parts: Final[dict[str, Part]] = {}


def register(key: str, part: Part) -> None:
    """Show `part` on every page of a case from now on; registering a key again replaces it."""
    _parts[key] = part


def rendered(request: HttpRequest, file: File, acting: Acting, *, first: bool) -> list[str]:
    """The parts of this place as HTML, in order of their keys."""
    found: list[str] = []
    for key in sorted(_parts):
        part = _parts[key]
        told = part.told(file, acting) if part.first is first else None
        if told is not None:
            found.append(render_to_string(part.template, {"file": file} | told, request))
    return found
