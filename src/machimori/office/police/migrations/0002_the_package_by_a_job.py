# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extractions whose package a worker makes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_what_the_database_enforces"),
        ("police", "0001_police"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="fact",
            name="police_kind",
        ),
        migrations.RemoveConstraint(
            model_name="fact",
            name="police_state",
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "written",
                            "ordered",
                            "withdrawn",
                            "begun",
                            "failed",
                            "extracted",
                            "saved",
                            "filed",
                            "accepted",
                            "excess_found",
                            "rejected",
                            "erased",
                            "confirmed",
                        ],
                    )
                ),
                name="police_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "written",
                            "ordered",
                            "taking",
                            "extracted",
                            "awaiting_request",
                            "under_review",
                            "accepted",
                            "excess_found",
                            "rejected",
                            "erasure_reported",
                            "closed",
                            "withdrawn",
                        ],
                    )
                ),
                name="police_state",
            ),
        ),
    ]
