# SPDX-License-Identifier: AGPL-3.0-or-later
"""利用簿 is searched for a camera: which extractions and which viewings were of it.

The kind is the one of `sources/provision.py` whose facts name cameras.
"""

from django.db import migrations

_CREATE = """
CREATE INDEX oversight_provision_cameras ON provision_fact
    USING gin ((data -> 'cameras') jsonb_path_ops) WHERE kind = 'extraction_begun';
CREATE INDEX oversight_watched_cameras ON viewing_watched (camera, viewing_id);
"""
_DROP = """
DROP INDEX oversight_provision_cameras, oversight_watched_cameras;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0005_urgent_applications"),
        ("provision", "0001_cases"),
        ("viewing", "0001_viewings"),
    ]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
