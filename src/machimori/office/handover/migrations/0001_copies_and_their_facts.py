# SPDX-License-Identifier: AGPL-3.0-or-later
"""Copies, their facts, and one row per copy for lists, kept by the database.

The trigger runs as the tables' owner, because the web process may not write what is derived.
"""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

_CREATE = """
CREATE FUNCTION handover_head_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
BEGIN
    INSERT INTO handover_head AS head
        (copy_id, scheme_id, case_id, serial, state, at, began, medium, number, due, words)
    SELECT c.id, k.scheme_id, k.id, NEW.serial, NEW.state, NEW.at, NEW.at,
        coalesce(NEW.data ->> 'kind', ''), coalesce(NEW.data ->> 'number', ''),
        (NEW.data ->> 'due')::date,
        concat_ws(' ', of_case.words, NEW.data ->> 'number')
    FROM handover_copy c
    JOIN provision_case k ON k.id = c.case_id
    LEFT JOIN provision_head of_case ON of_case.case_id = k.id
    WHERE c.id = NEW.case_id
    ON CONFLICT (copy_id) DO UPDATE SET
        serial = EXCLUDED.serial, state = EXCLUDED.state, at = EXCLUDED.at,
        medium = coalesce(NEW.data ->> 'kind', head.medium),
        number = coalesce(NEW.data ->> 'number', head.number),
        due = coalesce(EXCLUDED.due, head.due),
        words = concat_ws(' ', head.words, NEW.data ->> 'number',
            NEW.data ->> 'body', NEW.data ->> 'name');
    RETURN NULL;
END $$;
CREATE TRIGGER handover_head_follows
    AFTER INSERT ON handover_fact FOR EACH ROW EXECUTE FUNCTION handover_head_follows();
"""
_DROP = """
DROP TRIGGER handover_head_follows ON handover_fact;
DROP FUNCTION handover_head_follows();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0002_what_the_database_enforces"),
        ("provision", "0005_deputies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Copy",
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
                ("extraction", models.PositiveIntegerField()),
                ("part", models.PositiveIntegerField()),
                ("parts", models.PositiveIntegerField()),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("size", models.PositiveBigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="provision.case",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("case", "extraction", "part"), name="handover_part_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("part__gte", 1), ("part__lte", models.F("parts"))),
                        name="handover_part",
                    ),
                ]
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
                        to="handover.copy",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("case", "serial"), name="handover_serial_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "packed",
                                    "fetched",
                                    "written",
                                    "dropped",
                                    "handed_over",
                                    "extended",
                                    "reminded",
                                    "returned",
                                    "erasure_reported",
                                    "destroyed",
                                    "kept",
                                ],
                            )
                        ),
                        name="handover_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "packed",
                                    "in_custody",
                                    "handed_over",
                                    "returned",
                                    "erasure_reported",
                                    "destroyed",
                                    "kept",
                                    "dropped",
                                ],
                            )
                        ),
                        name="handover_state",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                (
                    "copy",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="head",
                        serialize=False,
                        to="handover.copy",
                    ),
                ),
                ("serial", models.PositiveIntegerField()),
                ("state", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("began", models.DateTimeField()),
                ("medium", models.CharField(max_length=20)),
                ("number", models.CharField(max_length=40)),
                ("due", models.DateField(null=True)),
                ("words", models.TextField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="provision.case",
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
                    models.Index(fields=["scheme", "-began", "copy"], name="handover_newest"),
                    models.Index(fields=["scheme", "state", "due"], name="handover_due_first"),
                    models.Index(fields=["case"], name="handover_of_case"),
                ]
            },
        ),
        migrations.RunSQL(_CREATE, _DROP),
    ]
