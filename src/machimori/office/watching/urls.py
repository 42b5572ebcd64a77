# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of watching."""

from django.urls import path

from machimori.office.watching.views import changing, register, screen

app_name = "watching"
urlpatterns = [
    path("watch/", screen.page, name="page"),
    path("watch/begin/", screen.begin, name="begin"),
    path("watch/shifts/", register.listing, name="shifts"),
    path("watch/shifts/<slug:name>/", register.shift, name="shift"),
    path("watch/<slug:name>/pictures/", screen.pictures, name="pictures"),
    path("watch/<slug:name>/change/", changing.change, name="change"),
    path("watch/<slug:name>/next/options/", changing.options, name="next_options"),
    path("watch/<slug:name>/next/key/", changing.by_key, name="next_key"),
    path("watch/<slug:name>/next/password/", changing.by_password, name="next_password"),
    path("watch/<slug:name>/notice/", screen.notice, name="notice"),
    path("watch/<slug:name>/end/", screen.end, name="end"),
]
