# SPDX-License-Identifier: AGPL-3.0-or-later
"""One row per case for lists, kept by the database (people/heads.py)."""

import django.db.models.deletion
from django.db import migrations, models

from machimori.office.people import heads


class Migration(migrations.Migration):
    dependencies = [
        ("internal", "0001_uses"),
        ("people", "0003_what_managers_issue"),
    ]

    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                ("serial", models.PositiveIntegerField()),
                ("state", models.CharField(max_length=30)),
                ("at", models.DateTimeField()),
                ("began", models.DateTimeField()),
                ("words", models.TextField()),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="head",
                        serialize=False,
                        to="internal.use",
                    ),
                ),
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
                    models.Index(fields=["scheme", "-began", "-case"], name="internal_newest"),
                    models.Index(fields=["scheme", "state", "began"], name="internal_by_state"),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(fields=["-at", "-id"], name="internal_newest_facts"),
        ),
        heads.kept("internal", "internal_use", ("need",)),
    ]
