# SPDX-License-Identifier: AGPL-3.0-or-later
"""訂正 of lines of 鍵簿 and 従事者名簿."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_what_managers_issue"),
        ("personnel", "0001_personnel"),
    ]

    operations = [
        migrations.CreateModel(
            name="DutyCorrection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.CharField(max_length=63)),
                ("company", models.CharField(max_length=120)),
                ("reported_on", models.DateField()),
                ("reason", models.CharField(max_length=200)),
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
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="personnel.duty",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="personnel_duty_corrected_why",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KeyCorrection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("issued", "渡した"),
                            ("returned", "返された"),
                            ("lost", "なくした"),
                            ("found", "見つかった"),
                            ("destroyed", "廃棄した"),
                            ("struck", "なかった（まちがって記録した）"),
                        ],
                        max_length=10,
                    ),
                ),
                ("witness", models.CharField(max_length=80)),
                ("on", models.DateField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(max_length=200)),
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
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="personnel.keyevent",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["issued", "returned", "lost", "found", "destroyed", "struck"],
                            )
                        ),
                        name="personnel_key_correction_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="personnel_key_corrected_why",
                    ),
                ],
            },
        ),
    ]
