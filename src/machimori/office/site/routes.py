# SPDX-License-Identifier: AGPL-3.0-or-later
"""The URL table as a list: every route with its view. What must hold of all pages starts here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters


@dataclass(frozen=True, kw_only=True)
class Route:
    """One entry of the table."""

    name: str
    """As `reverse` takes it."""
    view: Callable[..., Any]
    converters: dict[str, str]
    """The arguments' names, and the kind of each: str, int, slug, uuid, path."""

    @property
    def app(self) -> str:
        """The app to which it belongs, as the name begins."""
        return self.name.partition(":")[0]


def routes() -> tuple[Route, ...]:
    """Every route of the office."""
    return tuple(_walk(get_resolver(), ()))


def _walk(resolver: URLResolver, spaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            space = (entry.namespace,) if entry.namespace else ()
            yield from _walk(entry, spaces + space)
        elif isinstance(entry, URLPattern):
            kinds = {type(converter): name for name, converter in get_converters().items()}
            yield Route(
                name=":".join((*spaces, entry.name or "unnamed")),
                view=entry.callback,
                converters={
                    name: kinds[type(converter)]
                    for name, converter in entry.pattern.converters.items()
                },
            )
