# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of the police's side."""

from django.urls import path

from machimori.office.police.views import emergency, moving, papers, stations

app_name = "police"
urlpatterns = [
    path("emergency/", emergency.listing, name="extractions"),
    path("emergency/new/", emergency.order, name="order"),
    path("emergency/id/<slug:name>/", emergency.extraction, name="extraction"),
    path("emergency/id/<slug:name>/options/", emergency.options, name="options"),
    path("emergency/id/<slug:name>/sign/", emergency.sign, name="sign"),
    path("emergency/id/<slug:name>/sign/demo/", emergency.sign_demo, name="sign_demo"),
    path("emergency/id/<slug:name>/extract/", moving.extract, name="extract"),
    path("emergency/id/<slug:name>/extract/progress/", moving.progress, name="progress"),
    path("emergency/id/<slug:name>/package/", moving.download, name="download"),
    path("emergency/id/<slug:name>/saved/", moving.saved, name="saved"),
    path("emergency/id/<slug:name>/request/", moving.request_form, name="request"),
    path("emergency/id/<slug:name>/judge/", moving.judge, name="judge"),
    path("emergency/id/<slug:name>/erased/", moving.erased, name="erased"),
    path("emergency/id/<slug:name>/confirm/", moving.confirm, name="confirm"),
    path("emergency/id/<slug:name>/withdraw/", moving.withdraw, name="withdraw"),
    path("emergency/id/<slug:name>/papers/<slug:kind>/", papers.paper, name="paper"),
    path("stations/", stations.listing, name="stations"),
    path("stations/enter/", stations.enter, name="enter"),
    path("stations/assign/", stations.assign, name="assign"),
]
