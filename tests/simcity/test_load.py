# SPDX-License-Identifier: AGPL-3.0-or-later
"""The load that benchmarks record. What it costs the city is `machimori bench simcity`'s to say."""

from pathlib import Path

from machimori.simcity.city import SimCity
from machimori.simcity.probe import Probe


def test_load_cameras_differ_in_picture_and_numbers(tmp_path: Path) -> None:
    with SimCity(3, load=True, load_clips=2, clips=tmp_path) as city:
        firsts = []
        for camera in (1, 2, 3):
            with Probe(city.url(camera)) as probe:
                probe.play()
                packets = probe.packets(0.1)
                firsts.append((packets[0].ssrc, packets[1].payload))
        one, two, three = (city.truth(camera).clip for camera in (1, 2, 3))
    assert len({ssrc for ssrc, _ in firsts}) == 3
    assert one == three != two
    assert len(list(tmp_path.glob("*.clip"))) == 2
    assert (one.spec.width, one.spec.height, one.spec.rate) == (1920, 1080, 15)
    bits = sum(len(unit) for picture in one.pictures for unit in picture.units) * 8
    assert 1.9e6 < bits / (one.duration / 90_000) < 2.1e6
