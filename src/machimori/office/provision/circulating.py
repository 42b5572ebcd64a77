# SPDX-License-Identifier: AGPL-3.0-or-later
"""回議: where a draft is on its round, and whom it waits for.

The round is that of the rules (`provision.round_*`). A draft that was sent back begins it anew; one
that was narrowed asks for less than those who agreed have seen, and keeps it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

from machimori.office.people.acting import Acting, current
from machimori.office.people.models import Appointment, Person
from machimori.office.provision.history import File
from machimori.office.provision.models import Fact
from machimori.office.shared.posts import Post
from machimori.policy.profile import Profile
from machimori.policy.rounds import URGENT, round_posts


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A place of the round: a post, and the fact that somebody of that post agreed."""

    post: Post
    agreed: Fact | None = None
    waits: bool = False
    """Whether the draft is here now."""


def posts_of(rules: Profile) -> tuple[Post, ...]:
    """The posts of the round, in order."""
    return cast(tuple[Post, ...], round_posts(rules))


def agreements(file: File) -> tuple[Fact, ...]:
    """Who agreed to the draft that is, or was last, before the signers, in order."""
    draft = file.latest("drafted")
    since = draft.serial if draft else 0
    return tuple(one for one in file.facts if one.kind == "agreed" and one.serial > since)


def stops(file: File) -> tuple[Stop, ...]:
    """The whole round of that draft."""
    found, moves = agreements(file), file.state == "under_decision"
    return tuple(
        Stop(
            post=post,
            agreed=found[n] if n < len(found) else None,
            waits=moves and n == len(found),
        )
        for n, post in enumerate(posts_of(file.rules))
    )


def next_post(file: File) -> Post | None:
    """The post that is asked now; None if the draft has gone round."""
    return next((one.post for one in stops(file) if one.agreed is None), None)


def keeps_waiting(file: File) -> bool:
    """Whether the rules let nobody decide yet because of the round."""
    hurries = file.application.urgent and file.ground is not None and file.ground.urgent_variant
    waits = not (hurries and file.rules.flag(URGENT))
    return waits and next_post(file) is not None


def agreed_by(file: File, person: Person) -> bool:
    """Whether this person agreed to that draft."""
    return any(one.by_id == person.pk for one in agreements(file))


def took_part(file: File, person: Person) -> bool:
    """Whether this person drafted that draft, agreed to it or signed it: no place of its round is
    theirs."""
    draft = file.latest("drafted")
    known = (*agreements(file), *file.signatures, *((draft,) if draft else ()))
    return any(one.by_id == person.pk for one in known)


def is_asked(file: File, acting: Acting) -> bool:
    """Whether the draft waits for the acting person's agreement now."""
    if file.state != "under_decision":
        return False
    post = next_post(file)
    return post is not None and acting.holds(post) and not took_part(file, acting.person)


def staffed(
    acting: Acting,
    rules: Profile,
    left: Sequence[Post],
    *,
    drafter: int | None,
    agreed: Collection[int | None] = (),
) -> bool:
    """Whether different persons could fill these places of the round now, and yet another decides.

    Who drafted takes no place and may decide; who `agreed` does neither.
    """
    decide = cast(tuple[Post, ...], rules.names("acts.decide") or ())
    held = Appointment.objects.filter(
        current(acting.at), scheme=acting.scheme, post__in={*left, *decide}
    ).values_list("post", "person")
    people = [(post, person) for post, person in held if person not in agreed]
    places = [{who for at, who in people if at == post and who != drafter} for post in left]
    return _fill([*places, {who for at, who in people if at in decide}])


def _fill(places: Sequence[set[int]]) -> bool:
    """Whether each place can have a person of its own."""
    if not places:
        return True
    return any(_fill([rest - {one} for rest in places[1:]]) for one in places[0])
