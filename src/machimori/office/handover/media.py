# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of media, and how much goes on one."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class MediumKind:
    """A kind of medium. `size`: bytes; None: media of this kind differ, whoever writes says it."""

    text: Promise
    size: int | None


KINDS: Final[dict[str, MediumKind]] = {
    "dvd-r": MediumKind(text=_("DVD-R（4.7 GB）"), size=4_700_000_000),
    "bd-r": MediumKind(text=_("BD-R（25 GB）"), size=25_000_000_000),
    "usb": MediumKind(text=_("USBメモリ"), size=None),
    "disk": MediumKind(text=_("外付けディスク"), size=None),
}
CHOICES: Final = [(name, kind.text) for name, kind in KINDS.items()]
WAYS: Final = [
    ("voice", _("その場で口頭で")),
    ("envelope", _("別の封筒で")),
    ("telephone", _("折返しの電話で")),
]
"""How the password of an encrypted medium reaches who takes it; the password itself is written
nowhere."""


def capacity(kind: str, gigabytes: int | None) -> int | None:
    """Bytes that fit on one medium of this kind; None: as much as there is."""
    return KINDS[kind].size or (gigabytes * 1_000_000_000 if gigabytes else None)
