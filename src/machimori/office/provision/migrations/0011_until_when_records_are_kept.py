# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case's head also holds until when its records were promised to be kept: 文書の保存 counts by it."""

from django.db import migrations, models

_BODY = """
CREATE OR REPLACE FUNCTION provision_head_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
DECLARE
    said jsonb := NEW.data -> 'application';
BEGIN
    INSERT INTO provision_head AS head
        (case_id, scheme_id, serial, state, at, began, start, words, ground, received, decided{columns})
    SELECT id, scheme_id, NEW.serial, NEW.state, NEW.at, NEW.at,
        timestamptz 'epoch' + (said ->> 'start')::bigint * interval '1 microsecond',
        concat_ws(' ', said ->> 'body', said ->> 'name', said ->> 'place'),
        coalesce(said ->> 'ground', ''),
        CASE WHEN NEW.kind = 'taken_in' THEN NEW.at END,
        CASE WHEN NEW.kind IN ('authorised', 'declined') THEN NEW.at END{values}
    FROM provision_case WHERE id = NEW.case_id
    ON CONFLICT (case_id) DO UPDATE SET
        serial = EXCLUDED.serial, state = EXCLUDED.state, at = EXCLUDED.at,
        start = CASE WHEN said IS NULL THEN head.start ELSE EXCLUDED.start END,
        words = CASE WHEN said IS NULL THEN head.words ELSE concat_ws(' ',
            (SELECT text FROM provision_numbered WHERE case_id = NEW.case_id), EXCLUDED.words)
            END,
        ground = CASE WHEN said IS NULL THEN head.ground ELSE EXCLUDED.ground END,
        received = coalesce(head.received, EXCLUDED.received),
        decided = coalesce(head.decided, EXCLUDED.decided){updates};
    RETURN NULL;
END $$;
"""
_CREATE = _BODY.format(
    columns=", kept_until",
    values=""",
        (NEW.data ->> 'records_until')::date""",
    updates=""",
        kept_until = coalesce(EXCLUDED.kept_until, head.kept_until)""",
)
_DROP = _BODY.format(columns="", values="", updates="")
_FILL = """
UPDATE provision_head head SET kept_until = (fact.data ->> 'records_until')::date
FROM provision_fact fact
WHERE fact.case_id = head.case_id AND fact.kind = 'completed';
"""


class Migration(migrations.Migration):
    dependencies = [("provision", "0010_looks")]
    operations = [
        migrations.AddField("head", "kept_until", models.DateField(null=True)),
        migrations.AddIndex(
            "head",
            models.Index(
                fields=["scheme", "at"],
                include=["case", "state", "kept_until"],
                name="provision_completed",
            ),
        ),
        migrations.RunSQL(_FILL + _CREATE, _DROP),
    ]
