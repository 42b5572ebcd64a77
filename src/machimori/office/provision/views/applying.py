# SPDX-License-Identifier: AGPL-3.0-or-later
"""申請のしかた: for everybody, what can be applied for, with what, and the blank forms.

Places of cameras are no part of it (堺 4 keeps them unpublished).
"""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from machimori.office.paper.forms.request import ProvisionRequest, SubjectRequest
from machimori.office.paper.masthead import Form
from machimori.office.people.models import Scheme
from machimori.office.provision.forms import named, words
from machimori.office.rules.access import in_force
from machimori.office.shared.pages import today
from machimori.office.shared.posts import public
from machimori.office.shared.printing import blank, masthead, saved
from machimori.policy.grounds import Ground, grounds

_FORMS: Final[dict[str, tuple[type[Form], Promise]]] = {
    ProvisionRequest.KIND: (ProvisionRequest, _("機関や団体が申請するとき")),
    SubjectRequest.KIND: (SubjectRequest, _("写っている本人、または同意を得た人が申し出るとき")),
}


@public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every scheme that has started, with its grounds and blank forms."""
    shown = []
    for scheme in Scheme.objects.filter(started_on__lte=today()).order_by("name"):
        known = grounds(in_force(scheme, today()))
        shown.append(
            {
                "scheme": scheme,
                "grounds": [
                    (
                        named(one),
                        [text for _key, text in words("grounds.*.documents", one.documents)],
                    )
                    for one in known
                ],
                "forms": [
                    (kind, form.TITLE, when)
                    for kind, (form, when) in _FORMS.items()
                    if _offered(kind, known)
                ],
            }
        )
    return render(request, "provision/applying.html", {"schemes": shown})


@public
@require_safe
def form(request: HttpRequest, scheme: str, kind: str) -> HttpResponse:
    """A blank form under the head of this scheme."""
    found = get_object_or_404(Scheme, pk=scheme, started_on__lte=today())
    rules = in_force(found, today())
    if kind not in _FORMS or not _offered(kind, grounds(rules)):
        raise Http404
    made, head = _FORMS[kind][0], masthead(rules, kind)
    return saved(blank(made, head, today()), head.title or made.TITLE)


def _offered(kind: str, known: tuple[Ground, ...]) -> bool:
    """Whether a ground leads to this form: the person's own only where consent is a ground."""
    return kind != SubjectRequest.KIND or any(one.basis == "consent" for one in known)
