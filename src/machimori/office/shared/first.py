# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who founds an office."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class First:
    """The first scheme and its 管理責任者, without whom nobody could appoint anybody."""

    scheme: str
    scheme_name: str
    profile: str
    login: str
    name: str
    section: str = ""
