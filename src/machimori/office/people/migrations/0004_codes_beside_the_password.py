# SPDX-License-Identifier: AGPL-3.0-or-later

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_what_managers_issue")]

    operations = [
        migrations.AddField("person", "second", models.BinaryField(max_length=64, null=True)),
        migrations.AddField("person", "second_step", models.BigIntegerField(null=True)),
    ]
