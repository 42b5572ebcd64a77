# SPDX-License-Identifier: AGPL-3.0-or-later
"""Grounds in a rule: the 号 that names each, and those that share an answer taken together."""

from machimori.policy.text.drafting import Drafting


def ground_phrase(label: str) -> str:
    """A ground's label as the 場合 or とき that a 号 names."""
    if label.endswith(("とき", "場合")):
        return label
    return f"{label}を行う場合" if label.endswith("提供") else f"{label}に当たる場合"


def ground_reference(d: Drafting, names: tuple[str, ...]) -> str:
    """A reference to these grounds' 号, to be resolved once articles have numbers."""
    every = d.profile.members("grounds")
    if len(every) == 1:
        return "⟦limits/grounds⟧"
    if names == every:
        return "⟦limits/grounds⟧各号のいずれか"
    return f"⟦limits/grounds/{','.join(names)}⟧"


def case_of(d: Drafting, names: tuple[str, ...]) -> str:
    """「前条第1項第2号に該当する場合」."""
    said = "に規定する場合" if len(d.profile.members("grounds")) == 1 else "に該当する場合"
    return ground_reference(d, names) + said


def provision_under(d: Drafting, names: tuple[str, ...]) -> str:
    """「前条第1項第2号に該当する提供」; any provision at all if all grounds are meant."""
    if names == d.profile.members("grounds"):
        return "画像の提供"
    return f"{ground_reference(d, names)}に該当する提供"


def alike(d: Drafting, *words: str) -> tuple[tuple[str, ...], ...]:
    """The grounds grouped by equal answers to `grounds.*.word`, in the document's order."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in d.profile.members("grounds"):
        groups.setdefault(
            tuple(d.profile.get(f"grounds.{name}.{word}") for word in words), []
        ).append(name)
    return tuple(tuple(names) for names in groups.values())
