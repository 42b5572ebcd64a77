# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of rules."""

from django.urls import path

from machimori.office.rules.views import answers, deciding, resolutions, starting

app_name = "rules"
urlpatterns = [
    path("kimari/", answers.listing, name="answers"),
    path("kimari/open/", deciding.open_points, name="open"),
    path("kimari/open/adopt/", deciding.adopt_all, name="adopt_all"),
    path("kimari/question/<str:key>/", answers.question, name="question"),
    path("kimari/question/<str:key>/decide/", deciding.decide, name="decide"),
    path("kimari/decisions/", resolutions.listing, name="resolutions"),
    path("kimari/decisions/<int:number>/", resolutions.one, name="resolution"),
    path("kimari/decisions/<int:number>/number/", resolutions.note_number, name="number"),
    path("kimari/start/", starting.page, name="start"),
]
