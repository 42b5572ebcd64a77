# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tables of people."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "officer",
                    models.CharField(
                        max_length=63,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z"
                            )
                        ],
                    ),
                ),
                ("login", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=80)),
                ("kana", models.CharField(blank=True, max_length=120)),
                ("section", models.CharField(blank=True, max_length=120)),
                ("password", models.CharField(blank=True, max_length=255)),
                ("password_set_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("locked_until", models.DateTimeField(null=True)),
                ("sessions_from", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table_comment": "Personal data: never in ledger, log or address",
            },
        ),
        migrations.CreateModel(
            name="Scheme",
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
                ("name", models.CharField(max_length=80)),
                (
                    "profile",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z"
                            )
                        ],
                    ),
                ),
                ("started_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "db_table_comment": "制度; id is public and stands in ledger entries",
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="enrolments",
                        to="people.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Credential",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("credential_id", models.BinaryField(max_length=1023, unique=True)),
                ("cose", models.BinaryField()),
                ("spki", models.BinaryField()),
                ("algorithm", models.IntegerField()),
                (
                    "keyid",
                    models.CharField(
                        max_length=63,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z"
                            )
                        ],
                    ),
                ),
                ("counter", models.BigIntegerField(default=0)),
                ("label", models.CharField(max_length=60)),
                ("software_demo", models.BooleanField(default=False)),
                ("registered_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credentials",
                        to="people.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "post",
                    models.CharField(
                        choices=[
                            ("system_manager", "管理責任者"),
                            ("handling_supervisor", "取扱責任者"),
                            ("operator", "取扱者"),
                            ("viewer", "視聴者"),
                            ("police_image_manager", "画像管理責任者（警察）"),
                            ("police_operator", "画像取扱者（警察）"),
                            ("guard", "警備員"),
                            ("auditor", "監査"),
                            ("system_administrator", "システム担当"),
                            ("host", "設置者"),
                        ],
                        max_length=40,
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
                ("decision", models.CharField(blank=True, max_length=80)),
                ("created_at", models.DateTimeField()),
                (
                    "appointed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="people.person",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="people.scheme",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["person", "valid_from"], name="people_by_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="people_appointment_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "post__in",
                                (
                                    "system_manager",
                                    "handling_supervisor",
                                    "operator",
                                    "viewer",
                                    "police_image_manager",
                                    "police_operator",
                                    "guard",
                                    "auditor",
                                    "system_administrator",
                                    "host",
                                ),
                            )
                        ),
                        name="people_appointment_post",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                ("origin", models.BinaryField(max_length=16)),
                (
                    "means",
                    models.CharField(
                        choices=[("key", "key"), ("password", "password"), ("code", "code")],
                        max_length=10,
                    ),
                ),
                ("success", models.BooleanField()),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_ins",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["origin", "at"], name="people_by_origin")],
            },
        ),
    ]
