# SPDX-License-Identifier: AGPL-3.0-or-later
"""The maker's number of a terminal; empty for those registered before it was asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("terminals", "0001_terminals"),
    ]

    operations = [
        migrations.AddField(
            model_name="terminal",
            name="serial",
            field=models.CharField(max_length=80, default=""),
            preserve_default=False,
        ),
    ]
