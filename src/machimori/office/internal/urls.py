# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of internal use."""

from django.urls import path

from machimori.office.internal.views import copies, moving, uses

app_name = "internal"
urlpatterns = [
    path("internal/", uses.listing, name="uses"),
    path("internal/new/", uses.draft, name="draft"),
    path("internal/copies/", copies.listing, name="copies"),
    path("internal/id/<slug:name>/", uses.use, name="use"),
    path("internal/id/<slug:name>/attendance/", moving.attendance, name="attendance"),
    path("internal/id/<slug:name>/options/", moving.options, name="options"),
    path("internal/id/<slug:name>/sign/", moving.sign, name="sign"),
    path("internal/id/<slug:name>/sign/demo/", moving.sign_demo, name="sign_demo"),
    path("internal/id/<slug:name>/refuse/", moving.refuse, name="refuse"),
    path("internal/id/<slug:name>/withdraw/", moving.withdraw, name="withdraw"),
    path("internal/id/<slug:name>/copy/", copies.begin, name="copy"),
    path("internal/id/<slug:name>/package/", copies.package, name="package"),
    path("internal/id/<slug:name>/medium/", copies.medium, name="medium"),
    path("internal/id/<slug:name>/copy/<int:serial>/check/", copies.check, name="check"),
    path("internal/id/<slug:name>/copy/<int:serial>/end/", copies.end, name="end"),
    path("internal/id/<slug:name>/result/", moving.result, name="result"),
    path("internal/id/<slug:name>/close/", moving.close, name="close"),
]
