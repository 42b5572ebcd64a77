# SPDX-License-Identifier: AGPL-3.0-or-later
"""保管庫に届けるもの: office and vault compared, signed with keys, and what the vault decides."""

import datetime as dt

import pytest
from django.urls import reverse

from machimori.evidence.ordering import Order
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import TOKYO
from machimori.office.custody import delivering
from machimori.office.deputies.models import Delegation
from machimori.office.people import actions as people
from machimori.office.people.models import Person
from machimori.office.provision.testing_delivering import deliver, second_manager
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.rules import actions as rules
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.watching.testing import allow
from machimori.vault.errors import VaultRefusedError


def page(desk: EngineDesk, person: Person | None = None) -> str:
    return desk.browser(person).get(reverse("custody:overview")).content.decode()


def test_a_new_officer_and_a_lost_key_reach_the_vault_by_two_signatures(real: EngineDesk) -> None:
    other = second_manager(real)
    assert "現在の映像の許可が、保管庫に届いていません" in page(real)
    allow(real, *real.cameras)
    assert "届けるものはありません" in page(real)
    clerk = real.cast.person("handling_supervisor")
    assert "キーをまだ登録していません" in page(real)
    real.give_key(clerk)
    assert f"{clerk.name}さん（取扱責任者）を、保管庫はまだ知りません" in page(real)
    administrator = real.cast.person("system_administrator")
    shown = page(real, administrator)
    assert clerk.name not in shown
    assert "届けるのは管理責任者です" in shown
    assert "署名に進む" not in shown

    deliver(real, real.manager)
    waiting = page(real, other)
    assert "署名か返事を待っているもの" in waiting
    (letter,) = delivering.open_letters(real.cast.acting(other))
    real.sign_letter(letter, other)
    assert "届けるものはありません" in page(real)
    (known,) = [
        one for one in engine().vault.standing().appointments if one.officer == clerk.officer
    ]
    assert known.posts == ("handling-supervisor",)

    lost = clerk.credentials.get()
    people.revoke_key(lost, acting=real.cast.acting(clerk))
    (config().demo_keys / f"{clerk.officer}.pem").unlink()
    real.give_key(clerk)
    assert "キーが変わりました" in page(real)
    deliver(real, real.manager, other)
    found = engine().vault.standing().appointments
    keys = [one.keys for one in found if one.officer == clerk.officer][-1]
    assert lost.keyid not in {key.keyid for key in keys}
    history = real.browser().get(reverse("custody:history")).content.decode()
    assert history.count("受け取りました") == 2
    assert clerk.name in history
    assert clerk.officer not in history


def test_after_adoption_and_signing_the_vault_decides_by_the_new_signers(real: EngineDesk) -> None:
    """きまり ends in a statement: until it is signed the vault asks for one, afterwards for two."""
    other = second_manager(real)
    tomorrow = real.cast.now.date() + dt.timedelta(days=1)
    rules.adopt(
        "grounds.investigation.signers",
        2,
        reason="二人で確かめる",
        act=rules.Act(number="総第2号", adopted_on=real.cast.now.date(), effective_from=tomorrow),
        acting=real.cast.acting(real.manager),
    )
    real.pass_days(1)
    before = real.drafted()
    assert "きまりが変わりました" in page(real)
    deliver(real, real.manager, other)
    assert "きまりが変わりました" not in page(real)
    newest = engine().vault.standing().rules[-1]
    assert newest.release_posts["investigation"].number == 2
    assert newest.version == 2

    real.sign(before)
    signed = real.again(before, "under_decision").signatures[0]
    alone = Envelope.decode(canonical.unb64(signed.data["envelope"], where="envelope"))
    with pytest.raises(VaultRefusedError) as caught:
        real.look(before, Order(authorisation=alone))
    assert caught.value.reason == "too_few_signers"
    assert "location" in real.sign(before, other)
    file = real.again(before, "approved")
    real.act(file, "instruct", **real.asked)
    assert real.look(real.again(file, "instructed")).frame.width == 160


def test_K4_a_delegation_and_its_early_end_reach_the_vault(real: EngineDesk) -> None:
    """The deputy's signature opens what the vault was told of; ended before its day and told, it
    opens nothing more until the manager signs the same approval (後閲). The page says which of
    both the vault does not know."""
    other = second_manager(real)
    deputy = real.cast.person("operator")
    real.give_key(deputy)
    browser = real.browser()
    typed = {"deputy": deputy.pk, "first": "", "last": ""}
    first = real.cast.now.astimezone(TOKYO).date()
    typed |= {"first": first.isoformat(), "last": (first + dt.timedelta(days=9)).isoformat()}
    browser.post(reverse("deputies:new"), typed)
    browser.post(reverse("deputies:sign_demo"))
    lacking = f"{deputy.name}さんへの委任が、まだ届いていません"
    assert lacking in page(real)
    deliver(real, real.manager, other)
    assert lacking not in page(real)
    file = real.drafted()
    assert "location" in real.sign(file, deputy)
    real.act(file, "instruct", **real.asked)
    assert real.look(real.again(file, "instructed")).frame.width == 160

    (one,) = Delegation.objects.filter(deputy=deputy)
    browser = real.browser()
    browser.post(reverse("deputies:end", args=[one.pk]), {"reason": "早く戻った"})
    browser.post(reverse("deputies:end_sign_demo"))
    ended = f"{deputy.name}さんへの委任の終わりが、まだ届いていません"
    assert ended in page(real)
    assert real.look(real.again(file, "instructed")).frame.width == 160
    deliver(real, real.manager, other)
    assert ended not in page(real)
    assert lacking not in page(real)
    with pytest.raises(VaultRefusedError) as caught:
        real.look(real.again(file, "instructed"))
    assert caught.value.reason == "wrong_post"

    assert "代決の委任が終わったため、画像を開けません" in real.page(file)
    today = real.browser().get(reverse("people:today")).content.decode()
    assert "代決の委任が終わり、画像が開けません" in today
    assert "location" in real.endorse(file)
    assert "代決の委任が終わったため" not in real.page(file)
    endorsed = real.again(file, "instructed")
    assert real.look(endorsed).frame.width == 160
    approval, signed = endorsed.approval, endorsed.latest("authorised")
    assert approval is not None
    assert signed is not None
    keys = (deputy.credentials.get().keyid, real.manager.credentials.get().keyid)
    assert tuple(one.keyid for one in approval.signatures) == keys
    before = Envelope.decode(canonical.unb64(signed.data["envelope"], where="envelope"))
    assert approval.digest() == before.digest()
