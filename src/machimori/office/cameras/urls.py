# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of cameras."""

from django.urls import path

from machimori.office.cameras.views import connecting, register

app_name = "cameras"
urlpatterns = [
    path("cameras/", register.listing, name="register"),
    path("cameras/new/", register.new, name="new"),
    path("cameras/import/", register.take_in, name="import"),
    path("cameras/id/<slug:name>/", register.camera, name="camera"),
    path("cameras/id/<slug:name>/connection/", connecting.connect, name="connection"),
    path("cameras/id/<slug:name>/correct/", register.correct, name="correct"),
]
