# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of verification."""

from django.urls import path

from machimori.office.verifying import views

app_name = "verifying"
urlpatterns = [
    path("verify/", views.page, name="page"),
    path("verify/here/", views.here, name="here"),
    path("verify/verify.html", views.html, name="html"),
    path("verify/verify.py", views.program, name="program"),
]
