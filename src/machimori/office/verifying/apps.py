# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name. Its pages are for everybody and need no entry in the menu of those signed in."""

from django.apps import AppConfig


class VerifyingConfig(AppConfig):
    """Verification."""

    name = "machimori.office.verifying"
