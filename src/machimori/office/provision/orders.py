# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of a case may be opened: the signed approval, narrowed to what was ordered (A15)."""

from django.utils.translation import gettext as _t

from machimori.evidence.ordering import Order
from machimori.evidence.verifier.statement import Approval
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros, instant, micros
from machimori.office.people.models import Credential
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File
from machimori.office.provision.models import Fact
from machimori.office.provision.states import ENDED
from machimori.office.shared.errors import ActionRefusedError, Reason


def ordered(file: File) -> Extent | None:
    """Cameras and interval of the instruction; None before there is one."""
    fact = file.latest("ordered")
    return part_of(fact) if fact else None


def chosen(file: File) -> tuple[Extent, ...]:
    """What was chosen of the instruction to be taken out, camera by camera; nothing while all of
    it may be."""
    fact = file.latest("selected", "ordered")
    if fact is None or fact.kind == "ordered":
        return ()
    return tuple(
        Extent(cameras=(camera,), start=instant(start), end=instant(end))
        for camera, start, end in fact.data["parts"]
    )


def to_take_out(file: File) -> Extent | None:
    """Cameras and interval within which something may be taken out; None before there is an
    instruction. What was chosen of one camera is perhaps less."""
    parts = chosen(file)
    if not parts:
        return ordered(file)
    return Extent(
        cameras=tuple(part.cameras[0] for part in parts),
        start=min(part.start for part in parts),
        end=max(part.end for part in parts),
    )


def part_of(fact: Fact) -> Extent:
    """Cameras and interval of an instruction, or of an extraction that was begun."""
    return Extent(
        cameras=tuple(fact.data["cameras"]),
        start=instant(fact.data["start"]),
        end=instant(fact.data["end"]),
    )


def taken_out(file: File) -> tuple[Extent, ...]:
    """What the last extraction took out, camera by camera; nothing before there was one."""
    begun = file.latest("extraction_begun")
    if begun is None:
        return ()
    whole = part_of(begun)
    found = _parts(file, whole)
    return tuple(
        Extent(cameras=(name,), start=instant(found[name][0]), end=instant(found[name][1]))
        if name in found
        else Extent(cameras=(name,), start=whole.start, end=whole.end)
        for name in whole.cameras
    )


def order_of(file: File, extent: Extent | None = None) -> Order:
    """The order by which the vault opens `extent`, as far as it was chosen to be taken out; or
    everything that was instructed, to look at.

    Raises ActionRefusedError without an instruction, in a case that has ended, and for an
    extent that goes beyond what was instructed.
    """
    if file.state in (*ENDED, "closed"):
        raise ActionRefusedError(
            _t("この案件は終わりました"), Reason(text=_t("承認はもう使えません。"))
        )
    whole, envelope = ordered(file), file.approval
    if whole is None or envelope is None:
        raise ActionRefusedError(
            _t("指示がありません"),
            Reason(text=_t("管理責任者が承認し、カメラと日時を指示すると開けます。")),
        )
    wanted = extent or whole
    if not wanted.inside(whole if extent is None else to_take_out(file) or whole):
        raise ActionRefusedError(
            _t("指示の範囲を超えています"), Reason(text=_t("指示の範囲の中で選んでください。"))
        )
    return Order(
        authorisation=envelope,
        start=micros(wanted.start),
        end=micros(wanted.end),
        cameras=tuple(sorted(wanted.cameras)),
        parts=_parts(file, extent) if extent else {},
        approvals=_approvals(envelope),
    )


def _parts(file: File, extent: Extent) -> dict[str, tuple[Micros, Micros]]:
    """Of each camera of the extent what was chosen of it."""
    found = {}
    for one in chosen(file):
        start, end = max(one.start, extent.start), min(one.end, extent.end)
        if one.cameras[0] in extent.cameras and start < end:
            found[one.cameras[0]] = micros(start), micros(end)
    return found


def _approvals(envelope: Envelope) -> tuple[Approval, ...]:
    """Who signed, as the package's statement names them: pseudonymous."""
    names = [one.keyid for one in envelope.signatures]
    owners = dict(
        Credential.objects.filter(keyid__in=names).values_list("keyid", "person__officer")
    )
    return tuple(
        Approval(keyid=name, officer=owners.get(name, ""), post="管理責任者") for name in names
    )
