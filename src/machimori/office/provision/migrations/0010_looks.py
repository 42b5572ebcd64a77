# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions at the counter whether there is a recording."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_what_managers_issue"),
        ("provision", "0009_going_round"),
    ]

    operations = [
        migrations.CreateModel(
            name="Look",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("posts", models.CharField(max_length=400)),
                ("at", models.DateTimeField()),
                ("cameras", models.JSONField()),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("found", models.PositiveIntegerField(null=True)),
                ("salt", models.BinaryField(max_length=16)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.scheme",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["scheme", "-at", "-id"], name="provision_looks"),
                    models.Index(fields=["by", "-at"], name="provision_looks_by"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("end__gt", models.F("start"))),
                        name="provision_look_runs_forwards",
                    )
                ],
            },
        ),
    ]
