# SPDX-License-Identifier: AGPL-3.0-or-later
"""録画の有無を調べる at the counter: who asked about which cameras and which time is on record.

Nothing is opened and no case need come of it, so that this line of 利用簿 (堺 12: 検索) is the only
trace of the question. A case's own page tells the same of what the case asks for, and is no line:
the case is.
"""

from django.db import transaction

from machimori.kernel import canonical
from machimori.kernel.instants import local_day, micros
from machimori.ledger.entry import Entry, commit
from machimori.office.people.acting import Acting
from machimori.office.provision.drafting import Extent
from machimori.office.provision.looking import Found, look
from machimori.office.provision.models import Look
from machimori.office.rules.access import rules_of
from machimori.office.shared.recording import record


@transaction.atomic
def search(extent: Extent, *, acting: Acting) -> tuple[Found, ...] | None:
    """What there is of this extent, as `look`; told only together with its record.

    The ledger's entry counts the cameras and commits to them: a city's list of a thousand would
    not fit into it.
    """
    rules = rules_of(acting).on(local_day(micros(acting.at)))
    found = look(acting.scheme, rules, extent.cameras, extent.start, extent.end, at=acting.at)
    recorded = None if found is None else sum(one.recorded for one in found)
    names = sorted(extent.cameras)
    committed = commit(canonical.dumps(names).decode())
    Look.objects.create(
        scheme=acting.scheme,
        by=acting.person,
        posts=" ".join(acting.ordered),
        at=acting.at,
        cameras=names,
        start=extent.start,
        end=extent.end,
        found=recorded,
        salt=committed.salt,
    )
    record(
        Entry(
            type="recording.searched",
            at=micros(acting.at),
            subject={"by": acting.person.officer, "scheme": acting.scheme.scheme_id},
            data={
                "cameras": len(names),
                "end": micros(extent.end),
                "posts": list(acting.ordered),
                "recorded": -1 if recorded is None else recorded,
                "start": micros(extent.start),
            },
            commitments={"cameras": committed.digest},
        )
    )
    return found
