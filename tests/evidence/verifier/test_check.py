# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tamper matrix: whatever is done to whichever file, the verifier names the place."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from machimori.evidence.testing import read_files, restate, write_files
from machimori.evidence.testing_tampering import FILES, LIES, drop_segment, flip, with_camera
from machimori.evidence.verifier import bag
from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.statement import (
    IDENTITY,
    OPENING_PROOF,
    STATEMENT,
    Camera,
    Gap,
)
from machimori.evidence.verifier.verdict import Judgement, Verdict
from machimori.kernel.signing import SigningKey
from machimori.vault.client.identity import Certificate, Identity

CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "flipped": flip,
    "truncated": lambda data: data[:-1],
    "emptied": lambda data: b"",
    "extended": lambda data: data + b"\n",
    "halved": lambda data: data[: len(data) // 2],
}


def judged(path: Path, made: Any) -> Judgement:
    return verify(path, city=made.city.fingerprint)


def test_the_sample_is_sound_and_the_matrix_covers_every_file(made: Any) -> None:
    judgement = judged(made.path, made)
    assert judgement.verdict is Verdict.SOUND, judgement.findings
    assert set(read_files(made.path)) == set(FILES)
    assert judgement.files == len(FILES)
    assert judgement.samples == 75
    assert judgement.chunks == 5


def test_without_a_fingerprint_the_origin_is_unproven(made: Any) -> None:
    assert verify(made.path).verdict is Verdict.ORIGIN_UNPROVEN
    assert verify(made.path, city="0" * 64).verdict is Verdict.OTHER_CITY
    shown = ":".join(made.city.fingerprint.upper()[i : i + 2] for i in range(0, 64, 2))
    assert verify(made.path, city=shown).verdict is Verdict.SOUND


@pytest.mark.parametrize("relist", [False, True], ids=["naive", "relisted"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named(
    made: Any, tmp_path: Path, name: str, change: str, relist: bool
) -> None:
    files = read_files(made.path)
    files[name] = CHANGES[change](files[name])
    path = write_files(tmp_path / "x.zip", files, relist=relist)
    if relist and name in (bag.MANIFEST, bag.TAG_MANIFEST):
        return  # a forger who makes the lists anew makes the same lists
    judgement = judged(path, made)
    assert judgement.verdict in (Verdict.ALTERED, Verdict.INCOMPLETE)
    assert any(place.startswith(name) for place in judgement.places()), judgement.findings


@pytest.mark.parametrize("relist", [False, True], ids=["naive", "relisted"])
@pytest.mark.parametrize("name", FILES)
def test_a_removed_file_is_named(made: Any, tmp_path: Path, name: str, relist: bool) -> None:
    files = read_files(made.path)
    del files[name]
    path = write_files(tmp_path / "x.zip", files, relist=relist)
    if relist and name in (bag.MANIFEST, bag.TAG_MANIFEST):
        return
    judgement = judged(path, made)
    assert judgement.verdict is Verdict.INCOMPLETE, judgement.findings
    assert name in judgement.places()


@pytest.mark.parametrize(
    "name", ["data/video/cam-0001-02.mp4", "data/extra.txt", "readme.txt", "data/timestamp.tsr"]
)
@pytest.mark.parametrize("relist", [False, True], ids=["naive", "relisted"])
def test_an_added_file_is_named(made: Any, tmp_path: Path, name: str, relist: bool) -> None:
    files = {**read_files(made.path), name: b"added"}
    judgement = judged(write_files(tmp_path / "x.zip", files, relist=relist), made)
    assert judgement.verdict is Verdict.ALTERED
    assert name in judgement.places()


def test_swapped_files_are_named(made: Any, tmp_path: Path) -> None:
    files = read_files(made.path)
    for suffix in (".rtp", ".skeleton"):
        pair = [name for name in FILES if name.endswith(suffix)]
        swapped = {**files, pair[0]: files[pair[1]], pair[1]: files[pair[0]]}
        judgement = judged(write_files(tmp_path / "x.zip", swapped, relist=True), made)
        assert judgement.verdict is Verdict.ALTERED
        assert set(pair) <= judgement.places()


def test_files_of_another_package_of_the_same_city_do_not_fit(
    made: Any, made_of: Callable[[str], Any], tmp_path: Path
) -> None:
    """Every file of the H.265 package in the place of the H.264 one's."""
    files, others = read_files(made.path), read_files(made_of("h265").path)
    for name in FILES:
        if name in others and files[name] != others[name] and bag.is_payload(name):
            mixed = {**files, name: others[name]}
            judgement = judged(write_files(tmp_path / "x.zip", mixed, relist=True), made)
            assert judgement.verdict is Verdict.ALTERED, name


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.9999])
def test_a_package_cut_off_is_incomplete(made: Any, tmp_path: Path, share: float) -> None:
    data = made.path.read_bytes()
    path = tmp_path / "x.zip"
    path.write_bytes(data[: int(len(data) * share)])
    assert judged(path, made).verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("data", [b"", b"no zip", bytes(100_000)], ids=["empty", "text", "zeros"])
def test_what_is_no_package_is_unreadable(made: Any, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert judged(path, made).verdict is Verdict.UNREADABLE
    assert judged(tmp_path, made).verdict in (Verdict.ALTERED, Verdict.INCOMPLETE)


def test_an_unpacked_package_is_judged_like_the_zip(made: Any, tmp_path: Path) -> None:
    for name, data in read_files(made.path).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert judged(tmp_path, made).verdict is Verdict.SOUND
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    assert "Thumbs.db" in judged(tmp_path, made).places()


@pytest.mark.parametrize("code", LIES)
def test_even_the_city_cannot_state_what_the_recordings_contradict(
    made: Any, tmp_path: Path, code: str
) -> None:
    """The insider: holds the city's key, but neither the recorder's nor the ledger's."""
    files = restate(read_files(made.path), made.city.key, LIES[code])
    judgement = judged(write_files(tmp_path / "x.zip", files, relist=True), made)
    assert judgement.verdict is Verdict.ALTERED
    assert code in {finding.code for finding in judgement.findings}


def test_a_city_that_leaves_a_recording_out_must_state_the_gap(made: Any, tmp_path: Path) -> None:
    files = read_files(made.path)
    gone = [name for name in FILES if "050003000000Z-" in name]
    assert len(gone) == 3
    kept = {name: data for name, data in files.items() if name not in gone}
    silent = restate(kept, made.city.key, with_camera(drop_segment))
    judgement = judged(write_files(tmp_path / "x.zip", silent, relist=True), made)
    assert {"delivered", "gaps"} <= {finding.code for finding in judgement.findings}

    def invented(camera: Camera) -> Camera:
        gap = Gap(start=camera.delivered[0][0], end=camera.gaps[0].end, cause="network")
        return replace(drop_segment(camera), gaps=(gap,))

    lying = restate(kept, made.city.key, with_camera(invented))
    judgement = judged(write_files(tmp_path / "y.zip", lying, relist=True), made)
    assert judgement.verdict is Verdict.ALTERED


def test_a_forger_with_own_keys_is_not_the_city(made: Any, tmp_path: Path) -> None:
    """Everything made anew under the forger's key is consistent, and of another city."""
    forger = SigningKey.generate()
    files = read_files(made.path)
    certificates = tuple(
        Certificate.verified(envelope, made.city.key.public).envelope().signed_by("x", forger)
        for envelope in Identity.decode(files[IDENTITY]).certificates
    )
    identity = Identity(public=forger.public.raw, certificates=certificates)
    files[IDENTITY] = identity.encode()
    forged = restate(
        files,
        forger,
        lambda s: replace(s, keys=replace(s.keys, city=forger.public.fingerprint())),
    )
    path = write_files(tmp_path / "x.zip", forged, relist=True)
    assert judged(path, made).verdict is Verdict.OTHER_CITY
    assert verify(path).verdict is Verdict.ORIGIN_UNPROVEN
    # The city's own certificates do not help a forger who signs with another key.
    mixed = restate(read_files(made.path), forger, lambda s: s)
    judgement = judged(write_files(tmp_path / "y.zip", mixed, relist=True), made)
    assert STATEMENT in judgement.places()


def test_a_proof_of_another_ledger_is_refused(made: Any, tmp_path: Path) -> None:
    files = read_files(made.path)
    files[OPENING_PROOF] = files["data/ledger/authorisation.proof.json"]
    forged = restate(files, made.city.key, lambda s: s)
    judgement = judged(write_files(tmp_path / "x.zip", forged, relist=True), made)
    assert ("ledger_proof", OPENING_PROOF) in {(f.code, f.where) for f in judgement.findings}


def test_a_film_of_other_pictures_is_refused_even_if_the_city_signs_it(
    made: Any, tmp_path: Path
) -> None:
    """One bit of one picture, in a file that every list and signature agrees with."""
    files = read_files(made.path)
    film = "data/video/cam-0001-01.mp4"
    data = files[film]
    files[film] = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
    forged = restate(files, made.city.key, lambda s: s)
    judgement = judged(write_files(tmp_path / "x.zip", forged, relist=True), made)
    assert [(f.code, f.where, f.detail) for f in judgement.findings if f.severity != "note"] == [
        ("video", film, "5000")
    ]


def test_progress_only_grows_and_knows_the_whole(made: Any) -> None:
    seen: list[tuple[int, int]] = []
    verify(made.path, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][1] == sum(len(data) for data in read_files(made.path).values())
