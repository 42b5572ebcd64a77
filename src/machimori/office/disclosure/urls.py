# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of disclosure."""

from django.urls import path

from machimori.office.disclosure.views import cases, hold, papers, steps

app_name = "disclosure"
urlpatterns = [
    path("disclosures/", cases.listing, name="cases"),
    path("disclosures/new/", steps.new, name="new"),
    path("disclosures/blank/<slug:kind>/", papers.blank, name="blank"),
    path("disclosures/<slug:name>/", cases.case, name="case"),
    path("disclosures/<slug:name>/hold/", hold.page, name="hold"),
    path("disclosures/<slug:name>/hold/options/", hold.options, name="options"),
    path("disclosures/<slug:name>/hold/sign/", hold.sign, name="sign"),
    path("disclosures/<slug:name>/hold/sign/demo/", hold.sign_demo, name="sign_demo"),
    path("disclosures/<slug:name>/papers/<slug:kind>/", papers.letter, name="letter"),
    path("disclosures/<slug:name>/<slug:what>/", steps.step, name="step"),
]
