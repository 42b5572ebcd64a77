# SPDX-License-Identifier: AGPL-3.0-or-later
"""How templates name a post of the scheme in which somebody acts."""

from typing import Any

from django import template

from machimori.office.rules.access import rules_of, today
from machimori.office.rules.words import post_title
from machimori.office.shared.posts import Post

register = template.Library()


@register.simple_tag(takes_context=True)
def called(context: dict[str, Any], post: Post) -> str:
    """A post as the scheme's document, or the city, calls it today."""
    acting = context["acting"]
    return post_title(rules_of(acting).on(today(acting)), post)
