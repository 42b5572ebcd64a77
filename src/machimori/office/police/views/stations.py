# SPDX-License-Identifier: AGPL-3.0-or-later
"""警察署: who serves where."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.people.actions import NewPerson
from machimori.office.people.forms import end_of, start_of
from machimori.office.people.models import Person
from machimori.office.police import access, entering
from machimori.office.police.forms import EnterForm, PostingForm
from machimori.office.police.posting import post
from machimori.office.police.views.pages import form_page
from machimori.office.shared.posts import Post, posts
from machimori.office.shared.tables import ValueListing
from machimori.office.shared.templatetags.office import day

_ENTERERS: tuple[Post, ...] = ("system_manager", "police_image_manager")


@posts(*access.CITY, "police_image_manager")
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody with a post of the police, with their station; a chief sees their own station."""
    acting = request.acting
    known = access.postings(acting)
    own = set(access.stations(acting))

    def cells(one: Person) -> tuple[str, ...]:
        posting = known.get(one.pk)
        if posting is None:
            return (one.name, _t("まだ登録していません"), "", "")
        return (one.name, posting.station, posting.document, day(posting.notified_on))

    found = ValueListing[Person](
        name=_t("警察署の人"),
        columns=(_t("氏名"), _t("警察署"), _t("通知の文書番号"), _t("通知の日")),
        cells=cells,
    )
    rows = [
        one
        for one in access.police(acting)
        if acting.holds(*access.CITY) or (one.pk in known and known[one.pk].station in own)
    ]
    context = {
        "may_post": acting.holds("system_manager"),
        "may_enter": acting.holds(*_ENTERERS),
    }
    return found.respond(request, rows, "police/stations.html", context)


@posts(*_ENTERERS)
def enter(request: ActingRequest) -> HttpResponse:
    """署の人を入れる, from the notice or by the chief."""
    acting = request.acting
    form = EnterForm(request.POST or None, acting=acting)
    address = reverse("police:stations")

    def act() -> str:
        typed = form.cleaned_data
        entering.enter(
            NewPerson(login=typed["login"], name=typed["name"], kana=typed["kana"]),
            next(one for one in access.POLICE if one == typed["post"]),
            station=typed.get("station", ""),
            notice=entering.Notice(document=typed.get("document", ""), on=typed.get("notified_on")),
            valid_from=start_of(acting.at, typed["valid_from"]),
            valid_until=end_of(typed["last"]),
            acting=acting,
        )
        return address

    return form_page(
        request, form, act, title=_t("署の人を入れる"), button=_t("この人を入れる"), back=address
    )


@posts("system_manager")
def assign(request: ActingRequest) -> HttpResponse:
    """所属を登録する."""
    acting = request.acting
    form = PostingForm(request.POST or None, people=access.police(acting))
    address = reverse("police:stations")

    def act() -> str:
        post(form.cleaned_data["person"], form.cleaned_data["station"].strip(), acting=acting)
        return address

    return form_page(
        request,
        form,
        act,
        title=_t("警察署の所属を登録する"),
        button=_t("この所属を登録する"),
        back=address,
    )
