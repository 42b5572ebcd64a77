# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of custody."""

from django.urls import path

from machimori.office.custody.views import letter, overview

app_name = "custody"
urlpatterns = [
    path("vault/", overview.page, name="overview"),
    path("vault/letters/", overview.history, name="history"),
    path("vault/draft/", overview.draft, name="draft"),
    path("vault/letters/<slug:digest>/", letter.page, name="letter"),
    path("vault/letters/<slug:digest>/options/", letter.options, name="options"),
    path("vault/letters/<slug:digest>/sign/", letter.sign, name="sign"),
    path("vault/letters/<slug:digest>/sign/demo/", letter.sign_demo, name="sign_demo"),
    path("vault/letters/<slug:digest>/hand-in/", letter.hand_in, name="hand_in"),
]
