# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of shifts reads the newest, and the oldest, from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("watching", "0001_watching"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                models.F("at").desc(),
                models.F("case").desc(),
                condition=models.Q(serial=1),
                name="watching_newest",
            ),
        ),
    ]
