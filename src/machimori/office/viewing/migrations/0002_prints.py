# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internal uses are opened as cases are; stills are printed and followed to their end."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def fill(apps: Any, _editor: Any) -> None:
    """Viewings of before are of cases of provision."""
    for viewing in apps.get_model("viewing", "Viewing").objects.select_related("case__numbered"):
        viewing.scheme_id = viewing.case.scheme_id
        viewing.title = viewing.case.numbered.text
        viewing.save(update_fields=["scheme", "title"])


class Migration(migrations.Migration):
    dependencies = [
        ("internal", "0001_uses"),
        ("people", "0002_what_the_database_enforces"),
        ("provision", "0006_reviewing"),
        ("viewing", "0001_viewings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Print",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("camera", models.CharField(max_length=63)),
                ("shown", models.DateTimeField()),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("due", models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name="PrintCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PrintEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fate", models.CharField(max_length=20)),
                ("on", models.DateField()),
                ("witness", models.CharField(blank=True, max_length=80)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PrintNumber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.CharField(max_length=60)),
            ],
        ),
        migrations.CreateModel(
            name="PrintSeries",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fiscal_year", models.PositiveIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="viewing",
            name="scheme",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.scheme",
            ),
        ),
        migrations.AddField(
            model_name="viewing",
            name="title",
            field=models.CharField(default="", max_length=60),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="viewing",
            name="scheme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.scheme"
            ),
        ),
        migrations.AddField(
            model_name="viewing",
            name="use",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="viewings",
                to="internal.use",
            ),
        ),
        migrations.AlterField(
            model_name="viewing",
            name="attendees",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AlterField(
            model_name="viewing",
            name="case",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="viewings",
                to="provision.case",
            ),
        ),
        migrations.AlterField(
            model_name="viewing",
            name="reason",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddConstraint(
            model_name="viewing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case__isnull", False), ("use__isnull", True)),
                    models.Q(("case__isnull", True), ("use__isnull", False)),
                    _connector="OR",
                ),
                name="viewing_of_one_thing",
            ),
        ),
        migrations.AddField(
            model_name="print",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
            ),
        ),
        migrations.AddField(
            model_name="print",
            name="scheme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.scheme"
            ),
        ),
        migrations.AddField(
            model_name="print",
            name="viewing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prints",
                to="viewing.viewing",
            ),
        ),
        migrations.AddField(
            model_name="printcheck",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
            ),
        ),
        migrations.AddField(
            model_name="printcheck",
            name="print",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="checked",
                to="viewing.print",
            ),
        ),
        migrations.AddField(
            model_name="printend",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
            ),
        ),
        migrations.AddField(
            model_name="printend",
            name="print",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="end", to="viewing.print"
            ),
        ),
        migrations.AddField(
            model_name="printnumber",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="numbered",
                to="viewing.print",
            ),
        ),
        migrations.AddField(
            model_name="printseries",
            name="scheme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.scheme"
            ),
        ),
        migrations.AddField(
            model_name="printnumber",
            name="series",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="viewing.printseries",
            ),
        ),
        migrations.AddConstraint(
            model_name="printseries",
            constraint=models.UniqueConstraint(
                fields=("scheme", "fiscal_year"), name="print_one_series"
            ),
        ),
        migrations.AddConstraint(
            model_name="printnumber",
            constraint=models.UniqueConstraint(
                fields=("series", "number"), name="print_number_once"
            ),
        ),
    ]
