# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case's head also holds its number, so that a search of 文書の保存 looks up none by one."""

from django.db import migrations, models

_BODY = """
CREATE OR REPLACE FUNCTION provision_head_is_numbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
BEGIN
    UPDATE provision_head SET words = concat_ws(' ', NEW.text, words){number}
    WHERE case_id = NEW.case_id;
    RETURN NULL;
END $$;
"""
_CREATE = _BODY.format(number=", number = NEW.text")
_DROP = _BODY.format(number="")
_FILL = """
UPDATE provision_head head SET number = numbered.text
FROM provision_numbered numbered WHERE numbered.case_id = head.case_id;
"""


class Migration(migrations.Migration):
    dependencies = [("provision", "0011_until_when_records_are_kept")]
    operations = [
        migrations.AddField("head", "number", models.TextField(db_default="")),
        migrations.RemoveIndex("head", "provision_completed"),
        migrations.RunSQL(_FILL + _CREATE, _DROP),
        migrations.AddIndex(
            "head",
            models.Index(
                fields=["scheme", "at"],
                include=["case", "state", "kept_until", "number"],
                name="provision_completed",
            ),
        ),
    ]
