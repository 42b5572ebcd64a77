# SPDX-License-Identifier: AGPL-3.0-or-later
"""A station is asked for its record again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("direct", "0002_the_head_of_a_case"),
        ("people", "0003_what_managers_issue"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="fact",
            name="direct_kind",
        ),
        migrations.AddConstraint(
            model_name="fact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "requested",
                            "signed",
                            "acquired",
                            "failed",
                            "seen",
                            "saved",
                            "reminded",
                            "matched",
                            "unmatched",
                            "remedied",
                            "closed",
                            "withdrawn",
                        ],
                    )
                ),
                name="direct_kind",
            ),
        ),
    ]
