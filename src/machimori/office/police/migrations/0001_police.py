# SPDX-License-Identifier: AGPL-3.0-or-later

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0002_what_the_database_enforces"),
    ]

    operations = [
        migrations.CreateModel(
            name="Extraction",
            fields=[
                (
                    "id",
                    models.CharField(
                        max_length=63,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z"
                            )
                        ],
                    ),
                ),
                ("station", models.CharField(max_length=80)),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.scheme",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("station", models.CharField(max_length=80)),
                ("document", models.CharField(blank=True, max_length=80)),
                ("notified_on", models.DateField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "person",
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
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("serial", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("state", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("data", models.JSONField()),
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
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="facts",
                        to="police.extraction",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("case", "serial"), name="police_serial_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "written",
                                    "ordered",
                                    "withdrawn",
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
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "written",
                                    "ordered",
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
                ],
            },
        ),
    ]
