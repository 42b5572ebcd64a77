# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of copies counts them from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("internal", "0002_the_head_of_a_case"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(kind="copy_written"), fields=["case"], name="internal_copies"
            ),
        ),
    ]
