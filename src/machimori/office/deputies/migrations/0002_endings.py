# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delegations that are ended before their day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deputies", "0001_deputies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Ending",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=200)),
                ("envelope", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("salt", models.BinaryField(max_length=16)),
                (
                    "delegation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="endings",
                        to="deputies.delegation",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="deputies_an_end_has_a_reason",
                    )
                ],
            },
        ),
    ]
