# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of deputies."""

from django.urls import path

from machimori.office.deputies.views import delegating, ending

app_name = "deputies"
urlpatterns = [
    path("deputies/", delegating.listing, name="list"),
    path("deputies/new/", delegating.new, name="new"),
    path("deputies/options/", delegating.options, name="options"),
    path("deputies/sign/", delegating.sign, name="sign"),
    path("deputies/sign/demo/", delegating.sign_demo, name="sign_demo"),
    path("deputies/<int:number>/end/", ending.end, name="end"),
    path("deputies/end/options/", ending.options, name="end_options"),
    path("deputies/end/sign/", ending.sign, name="end_sign"),
    path("deputies/end/sign/demo/", ending.sign_demo, name="end_sign_demo"),
]
