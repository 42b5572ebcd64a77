# SPDX-License-Identifier: AGPL-3.0-or-later
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0003_what_managers_issue"),
    ]

    operations = [
        migrations.CreateModel(
            name="Scan",
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
                ("owner", models.CharField(max_length=20)),
                (
                    "about",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z"
                            )
                        ],
                    ),
                ),
                ("paper", models.CharField(max_length=20)),
                ("media", models.CharField(max_length=20)),
                ("size", models.PositiveIntegerField()),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "paper__in",
                                [
                                    "inquiry",
                                    "application",
                                    "consent",
                                    "decision",
                                    "receipt",
                                    "other",
                                ],
                            )
                        ),
                        name="scans_paper",
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gte", 1)), name="scans_size"),
                ],
                "indexes": [
                    models.Index(fields=["owner", "about"], name="scans_of_case"),
                ],
            },
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
                        null=True,
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
                        to="scans.scan",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("case", "serial"), name="scans_serial_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["attached", "withdrawn", "disposed"])),
                        name="scans_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["kept", "erased"])), name="scans_state"
                    ),
                ]
            },
        ),
    ]
