# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every test has: hypothesis without deadlines, because timed tests lie on shared machines."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "machimori", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("machimori")
