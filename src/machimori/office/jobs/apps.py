# SPDX-License-Identifier: AGPL-3.0-or-later
"""The app's name."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Jobs."""

    name = "machimori.office.jobs"
