# SPDX-License-Identifier: AGPL-3.0-or-later
"""The talk at the counter: place and time say what there is, until when, and what is missing."""

from django.urls import reverse

from machimori.footage.naming import SegmentName, parse
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import TOKYO, Micros
from machimori.kernel.signing import SigningKey
from machimori.office.provision.testing_engine import MINUTE, EngineDesk
from machimori.recorder.chain import Chain


def look(desk: EngineDesk, **typed: object) -> str:
    answer = desk.browser().post(reverse("provision:look"), desk.asked | typed)
    return answer.content.decode()


def test_what_there_is_until_when_and_what_is_missing_is_told_without_a_key(
    real: EngineDesk,
) -> None:
    page = look(real)
    assert page.count("録画があります") == len(real.cameras)
    assert "消去まであと14日14時間" in page
    assert "画像は開いていません" in page
    register = reverse("oversight:uses")
    everywhere = f"録画あり：{len(real.cameras)}台のうち{len(real.cameras)}台"
    assert everywhere in real.browser().get(register, {"act": "look"}).content.decode()

    lost, camera = Micros(real.start + MINUTE), real.cameras[0]
    for stored in list(real.store.list(f"{real.day.isoformat()}/{camera}/")):
        name = parse(stored.name)
        if isinstance(name, SegmentName) and lost <= name.first < lost + MINUTE:
            real.store.delete(stored.name)
    chain = Chain(
        camera=name.camera,
        recorder=RecorderId("recorder-1"),
        session="f" * 32,
        signer=SigningKey.generate(),
        tz=TOKYO,
    )
    told = chain.record(
        "gap",
        first=lost,
        last=Micros(lost + MINUTE),
        cause="network",
        day=real.day.isoformat(),
    )
    real.store.put(*told)
    page = look(real)
    assert "欠けている時間があります" in page
    assert "回線が切れた" in page

    file = real.take_in()
    assert "回線が切れた" in real.page(file)

    real.pass_days(15)
    assert "消去されました" in look(real)
    assert "録画があります" not in look(real)


def test_a_time_that_was_not_recorded_has_nothing(real: EngineDesk) -> None:
    page = look(real, first_time="01:00", last_time="01:10")
    assert page.count("録画がありません") == len(real.cameras)
    assert "記録がなく、原因は分かりません" in page
