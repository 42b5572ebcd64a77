# SPDX-License-Identifier: AGPL-3.0-or-later
"""An agreement: its ground, its cameras, its posts; and who may watch live."""

from dataclasses import replace

import pytest

from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey
from machimori.vault.client.live import LONGEST, LiveGrant
from machimori.vault.client.statements import Agreement, Authorisation, LiveView
from machimori.vault.client.testing import EVER, FAR, Officer, signed
from machimori.vault.errors import VaultMalformedError, VaultRefusedError
from machimori.vault.opening.testing import Rig, Segment

POST = "direct-project"


def agreement(*cameras: str, until: Micros = FAR) -> Agreement:
    return Agreement(
        scheme=SchemeId("street"),
        ground=POST,
        posts=(POST,),
        cameras=tuple(map(CameraId, cameras)),
        valid_from=EVER,
        valid_until=until,
    )


def under(rig: Rig, segment: Segment) -> Authorisation:
    asked = Authorisation.decode(rig.authorise(segment))
    return replace(asked, ground=POST, nonce="a" * 32)


def test_S6_the_stations_officer_alone_opens_the_agreements_cameras_and_no_others(
    rig: Rig,
) -> None:
    """The vault itself refuses another camera, another ground, another station's officer and an
    agreement that is over, whatever the office's database says."""
    operator = Officer("operator", posts=(POST,))
    stranger = Officer("stranger", posts=("police-operator",))
    for one in (operator, stranger):
        rig.submit(one.appointment())
    segment = rig.segment()
    camera = segment.skeleton.sealed.header.camera
    asked = under(rig, segment)

    def refused(statement: Authorisation, *officers: Officer) -> str:
        with pytest.raises(VaultRefusedError) as caught:
            rig.release(signed(statement, *officers), segment)
        return caught.value.reason

    assert refused(asked, operator) == "wrong_post"
    rig.submit(agreement(camera))
    assert refused(asked, stranger) == "wrong_post"
    assert refused(asked, *rig.officers) == "wrong_post"
    assert refused(replace(asked, ground="law", nonce="b" * 32), operator) == "wrong_post"
    other = "cam-2"
    rig.submit(agreement(other))
    assert refused(asked, operator) == "outside_agreement"
    rig.submit(agreement(*sorted((camera, other))))
    opened = rig.reader.open(rig.release(signed(asked, operator), segment))
    assert len(opened[segment.id].chunks) == 6
    rig.submit(agreement(camera, until=rig.clock.now()))
    assert refused(replace(asked, nonce="c" * 32), operator) == "not_valid_now"


def test_K6_the_vault_grants_a_shift_only_where_officers_allowed_live_view(rig: Rig) -> None:
    """Twelve hours at the most, for the cameras that the officers named, signed by the city."""
    with pytest.raises(VaultRefusedError) as caught:
        rig.vault.watch("street", "w-1")
    assert caught.value.reason == "live_forbidden"
    cameras = (CameraId("cam-1"),)
    said = LiveView(scheme=SchemeId("street"), cameras=cameras, valid_from=EVER, valid_until=FAR)
    rig.submit(said)
    signed_grant = rig.vault.watch("street", "w-1")
    key = PublicKey(rig.vault.identity().public)
    grant = LiveGrant.verified(signed_grant, key)
    assert (grant.cameras, grant.shift) == (cameras, "w-1")
    now = rig.clock.now()
    grant.check("street", cameras[0], now)
    for scheme, camera, at, reason in (
        ("street", cameras[0], Micros(now + LONGEST), "not_valid_now"),
        ("park", cameras[0], now, "wrong_scheme"),
        ("street", "cam-none", now, "wrong_camera"),
    ):
        with pytest.raises(VaultRefusedError) as caught:
            grant.check(scheme, camera, at)
        assert caught.value.reason == reason
    forged = grant.envelope().signed_by("city", rig.recorder)
    with pytest.raises(VaultMalformedError):
        LiveGrant.verified(forged, key)
    rig.submit(replace(said, valid_until=now))
    with pytest.raises(VaultRefusedError):
        rig.vault.watch("street", "w-2")
