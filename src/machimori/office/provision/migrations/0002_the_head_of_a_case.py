# SPDX-License-Identifier: AGPL-3.0-or-later
"""One row per case for lists, kept by the database: a list never walks through all facts.

The trigger runs as the tables' owner, because the web process may not write what is derived.
"""

import django.db.models.deletion
from django.db import migrations, models

_CREATE = """
CREATE FUNCTION provision_head_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
DECLARE
    said jsonb := NEW.data -> 'application';
BEGIN
    INSERT INTO provision_head AS head
        (case_id, scheme_id, serial, state, at, began, start, words)
    SELECT id, scheme_id, NEW.serial, NEW.state, NEW.at, NEW.at,
        timestamptz 'epoch' + (said ->> 'start')::bigint * interval '1 microsecond',
        concat_ws(' ', said ->> 'body', said ->> 'name', said ->> 'place')
    FROM provision_case WHERE id = NEW.case_id
    ON CONFLICT (case_id) DO UPDATE SET
        serial = EXCLUDED.serial, state = EXCLUDED.state, at = EXCLUDED.at,
        start = CASE WHEN said IS NULL THEN head.start ELSE EXCLUDED.start END,
        words = CASE WHEN said IS NULL THEN head.words ELSE concat_ws(' ',
            (SELECT text FROM provision_numbered WHERE case_id = NEW.case_id), EXCLUDED.words) END;
    RETURN NULL;
END $$;
CREATE FUNCTION provision_head_is_numbered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
BEGIN
    UPDATE provision_head SET words = concat_ws(' ', NEW.text, words) WHERE case_id = NEW.case_id;
    RETURN NULL;
END $$;
CREATE TRIGGER provision_head_is_numbered
    AFTER INSERT ON provision_numbered
    FOR EACH ROW EXECUTE FUNCTION provision_head_is_numbered();
CREATE TRIGGER provision_head_follows
    AFTER INSERT ON provision_fact FOR EACH ROW EXECUTE FUNCTION provision_head_follows();
"""
_FILL = """
INSERT INTO provision_head (case_id, scheme_id, serial, state, at, began, start, words)
SELECT c.id, c.scheme_id, last.serial, last.state, last.at, first.at,
    timestamptz 'epoch' + (said.data #>> '{application,start}')::bigint * interval '1 microsecond',
    concat_ws(' ', (SELECT text FROM provision_numbered WHERE case_id = c.id),
        said.data #>> '{application,body}', said.data #>> '{application,name}',
        said.data #>> '{application,place}')
FROM provision_case c
CROSS JOIN LATERAL
    (SELECT * FROM provision_fact WHERE case_id = c.id ORDER BY serial LIMIT 1) first
CROSS JOIN LATERAL
    (SELECT * FROM provision_fact WHERE case_id = c.id ORDER BY serial DESC LIMIT 1) last
CROSS JOIN LATERAL
    (SELECT * FROM provision_fact WHERE case_id = c.id AND data ? 'application'
     ORDER BY serial DESC LIMIT 1) said;
"""
_DROP = """
DROP TRIGGER provision_head_is_numbered ON provision_numbered;
DROP FUNCTION provision_head_is_numbered();
DROP TRIGGER provision_head_follows ON provision_fact;
DROP FUNCTION provision_head_follows();
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0002_what_the_database_enforces"), ("provision", "0001_cases")]
    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="head",
                        serialize=False,
                        to="provision.case",
                    ),
                ),
                ("serial", models.PositiveIntegerField()),
                ("state", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("began", models.DateTimeField()),
                ("start", models.DateTimeField(null=True)),
                ("words", models.TextField()),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.scheme",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["scheme", "-began", "case"], name="provision_newest"),
                    models.Index(
                        fields=["scheme", "state", "start"], name="provision_erased_first"
                    ),
                ],
            },
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.RunSQL(_CREATE, _DROP),
    ]
