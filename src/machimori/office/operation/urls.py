# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of 稼働状況."""

from django.urls import path

from machimori.office.operation.views import pages

app_name = "operation"
urlpatterns = [
    path("operation/", pages.status, name="status"),
    path("operation/vault/open/", pages.open_vault, name="open"),
]
