# SPDX-License-Identifier: AGPL-3.0-or-later
"""集計 counts the applications that were urgent: an index of those few. It lies here, because only
the counts need it.
"""

from django.db import migrations

_CREATE = """
CREATE INDEX oversight_urgent ON provision_fact (case_id)
WHERE kind = 'taken_in' AND data #> '{application,urgent}' = 'true';
"""
_DROP = """
DROP INDEX oversight_urgent;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0004_the_database_disposes"),
        ("provision", "0010_looks"),
    ]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
