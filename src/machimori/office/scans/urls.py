# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of scans."""

from django.urls import path

from machimori.office.scans import views

app_name = "scans"
urlpatterns = [
    path("scans/<slug:owner>/<slug:about>/new/", views.attach, name="attach"),
    path("scans/<slug:name>/", views.download, name="download"),
    path("scans/<slug:name>/erase/", views.take_back, name="take_back"),
]
