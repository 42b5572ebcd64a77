# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes from the extraction to the end of the copies."""

from django.urls import path

from machimori.office.handover.views import copies, extracting, handing

app_name = "handover"
urlpatterns = [
    path("cases/<slug:name>/extract/", extracting.begin, name="extract"),
    path("cases/<slug:name>/extract/progress/", extracting.progress, name="progress"),
    path("cases/<slug:name>/check/", handing.check, name="check"),
    path("cases/<slug:name>/check/reject/", handing.reject, name="reject"),
    path("cases/<slug:name>/hand-over/", handing.hand_over, name="hand_over"),
    path("cases/<slug:name>/complete/", handing.complete, name="complete"),
    path("copies/", copies.listing, name="copies"),
    path("copies/<slug:name>/", copies.copy, name="copy"),
    path("copies/<slug:name>/medium/", extracting.medium, name="medium"),
    path("copies/<slug:name>/medium/package/", extracting.package, name="package"),
    path("copies/<slug:name>/end/", copies.settle, name="settle"),
    path("copies/<slug:name>/extend/", copies.extend, name="extend"),
    path("copies/<slug:name>/remind/", copies.remind, name="remind"),
]
