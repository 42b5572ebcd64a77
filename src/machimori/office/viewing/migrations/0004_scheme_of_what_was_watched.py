# SPDX-License-Identifier: AGPL-3.0-or-later
"""閲覧の履歴 of a scheme is counted and paged in its own table: each row says whose it is."""

import django.db.models.deletion
from django.db import migrations, models

# The check of the new keys is due at the end; a column with checks that are due cannot be altered.
_FILL = """
UPDATE viewing_watched watched SET scheme_id = viewing.scheme_id
FROM viewing_viewing viewing WHERE viewing.id = watched.viewing_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_what_managers_issue"),
        ("viewing", "0003_last_watched"),
    ]

    operations = [
        migrations.AddField(
            model_name="watched",
            name="scheme",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.scheme",
            ),
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="watched",
            name="scheme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.scheme",
            ),
        ),
        migrations.RemoveIndex(model_name="watched", name="viewing_last_watched"),
        migrations.AddIndex(
            model_name="watched",
            index=models.Index(fields=["scheme", "-at", "-id"], name="viewing_newest_watched"),
        ),
    ]
