# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of direct acquisition."""

from django.urls import path

from machimori.office.direct.views import agreements, cases, moving, papers, reconciling

app_name = "direct"
urlpatterns = [
    path("direct/", cases.listing, name="acquisitions"),
    path("direct/new/", cases.new, name="new"),
    path("direct/reconciliation/", reconciling.listing, name="reconciliation"),
    path("direct/agreements/", agreements.listing, name="agreements"),
    path("direct/agreements/<slug:name>/", agreements.mark, name="mark"),
    path("direct/id/<slug:name>/", cases.acquisition, name="acquisition"),
    path("direct/id/<slug:name>/options/", cases.options, name="options"),
    path("direct/id/<slug:name>/sign/", cases.sign, name="sign"),
    path("direct/id/<slug:name>/sign/demo/", cases.sign_demo, name="sign_demo"),
    path("direct/id/<slug:name>/withdraw/", moving.withdraw, name="withdraw"),
    path("direct/id/<slug:name>/progress/", moving.progress, name="progress"),
    path("direct/id/<slug:name>/first/", moving.first, name="first"),
    path("direct/id/<slug:name>/first/picture/", moving.picture, name="picture"),
    path("direct/id/<slug:name>/package/", moving.download, name="download"),
    path("direct/id/<slug:name>/saved/", moving.saved, name="saved"),
    path("direct/id/<slug:name>/compare/", reconciling.compare, name="compare"),
    path("direct/id/<slug:name>/remind/", reconciling.remind, name="remind"),
    path("direct/id/<slug:name>/papers/<slug:kind>/", papers.paper, name="paper"),
    path("direct/id/<slug:name>/remedy/", reconciling.remedy, name="remedy"),
    path("direct/id/<slug:name>/close/", reconciling.close, name="close"),
]
