# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of deputies."""

from django.urls import path

from machimori.office.deputies import views

app_name = "deputies"
urlpatterns = [
    path("deputies/", views.listing, name="list"),
    path("deputies/new/", views.new, name="new"),
    path("deputies/options/", views.options, name="options"),
    path("deputies/sign/", views.sign, name="sign"),
    path("deputies/sign/demo/", views.sign_demo, name="sign_demo"),
]
