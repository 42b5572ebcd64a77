# SPDX-License-Identifier: AGPL-3.0-or-later
"""利用簿 reads other apps' facts newest first: indexes for that, and for one person's.

They lie here, because only the register needs them. The kinds are those of `sources/provision.py`.
"""

from django.db import migrations

_KINDS = (
    "'consulted', 'found_nothing', 'extraction_begun', 'fetched', 'written', 'handed_over',"
    " 'copy_settled'"
)
_CREATE = f"""
CREATE INDEX oversight_provision_uses ON provision_fact (at DESC, id DESC) WHERE kind IN ({_KINDS});
CREATE INDEX oversight_provision_by ON provision_fact (by_id, at DESC) WHERE kind IN ({_KINDS});
CREATE INDEX oversight_viewings ON viewing_viewing (at DESC, id DESC);
"""
_DROP = """
DROP INDEX oversight_provision_uses, oversight_provision_by, oversight_viewings;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0001_records"),
        ("provision", "0005_deputies"),
        ("viewing", "0001_viewings"),
    ]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
