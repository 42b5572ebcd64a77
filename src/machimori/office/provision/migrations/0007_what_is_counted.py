# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case's head also holds what 集計 counts by: otherwise a year's counts walk through its facts."""

from django.db import migrations, models

_BODY = """
CREATE OR REPLACE FUNCTION provision_head_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
DECLARE
    said jsonb := NEW.data -> 'application';
BEGIN
    INSERT INTO provision_head AS head
        (case_id, scheme_id, serial, state, at, began, start, words{columns})
    SELECT id, scheme_id, NEW.serial, NEW.state, NEW.at, NEW.at,
        timestamptz 'epoch' + (said ->> 'start')::bigint * interval '1 microsecond',
        concat_ws(' ', said ->> 'body', said ->> 'name', said ->> 'place'){values}
    FROM provision_case WHERE id = NEW.case_id
    ON CONFLICT (case_id) DO UPDATE SET
        serial = EXCLUDED.serial, state = EXCLUDED.state, at = EXCLUDED.at,
        start = CASE WHEN said IS NULL THEN head.start ELSE EXCLUDED.start END,
        words = CASE WHEN said IS NULL THEN head.words ELSE concat_ws(' ',
            (SELECT text FROM provision_numbered WHERE case_id = NEW.case_id), EXCLUDED.words)
            END{updates};
    RETURN NULL;
END $$;
"""
_CREATE = _BODY.format(
    columns=", ground, received, decided",
    values=""",
        coalesce(said ->> 'ground', ''),
        CASE WHEN NEW.kind = 'taken_in' THEN NEW.at END,
        CASE WHEN NEW.kind IN ('authorised', 'declined') THEN NEW.at END""",
    updates=""",
        ground = CASE WHEN said IS NULL THEN head.ground ELSE EXCLUDED.ground END,
        received = coalesce(head.received, EXCLUDED.received),
        decided = coalesce(head.decided, EXCLUDED.decided)""",
)
_DROP = _BODY.format(columns="", values="", updates="")
_FILL = """
UPDATE provision_head head SET ground = found.ground, received = found.received,
    decided = found.decided
FROM (
    SELECT case_id,
        coalesce((array_agg(data #>> '{application,ground}' ORDER BY serial DESC)
            FILTER (WHERE data ? 'application'))[1], '') AS ground,
        min(at) FILTER (WHERE kind = 'taken_in') AS received,
        min(at) FILTER (WHERE kind IN ('authorised', 'declined')) AS decided
    FROM provision_fact GROUP BY case_id
) found
WHERE found.case_id = head.case_id;
"""


class Migration(migrations.Migration):
    dependencies = [("provision", "0006_reviewing")]
    operations = [
        migrations.AddField("head", "ground", models.CharField(default="", max_length=63)),
        migrations.AddField("head", "received", models.DateTimeField(null=True)),
        migrations.AddField("head", "decided", models.DateTimeField(null=True)),
        migrations.RunSQL(_FILL + _CREATE, _DROP),
    ]
