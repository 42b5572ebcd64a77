# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a case's facts come to, in one row: lists and the first page never walk through all facts.

The database keeps the rows by itself, with a trigger that runs as the tables' owner; the web
process only reads them, so that there is no second story beside the facts.
"""

from collections.abc import Sequence

from django.db import migrations, models

from machimori.office.people.models import Person, Scheme

_BODY = """
CREATE FUNCTION {app}_head_follows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
DECLARE
    said text := concat_ws(' ', {said});
BEGIN
    INSERT INTO {app}_head AS head (case_id, scheme_id, serial, state, at, began, by_id, words)
    SELECT id, scheme_id, NEW.serial, NEW.state, NEW.at, NEW.at, NEW.by_id, said
    FROM {cases} WHERE id = NEW.case_id
    ON CONFLICT (case_id) DO UPDATE SET
        serial = EXCLUDED.serial, state = EXCLUDED.state, at = EXCLUDED.at,
        words = CASE WHEN said = '' THEN head.words ELSE said END;
    RETURN NULL;
END $$;
CREATE TRIGGER {app}_head_follows
    AFTER INSERT ON {app}_fact FOR EACH ROW EXECUTE FUNCTION {app}_head_follows();
"""
_FILL = """
INSERT INTO {app}_head (case_id, scheme_id, serial, state, at, began, by_id, words)
SELECT c.id, c.scheme_id, last.serial, last.state, last.at, first.at, first.by_id,
    coalesce((SELECT concat_ws(' ', {said}) FROM {app}_fact new
        WHERE case_id = c.id AND concat_ws(' ', {said}) <> '' ORDER BY serial DESC LIMIT 1), '')
FROM {cases} c
CROSS JOIN LATERAL
    (SELECT * FROM {app}_fact WHERE case_id = c.id ORDER BY serial LIMIT 1) first
CROSS JOIN LATERAL
    (SELECT * FROM {app}_fact WHERE case_id = c.id ORDER BY serial DESC LIMIT 1) last;
"""
_DROP = """
DROP TRIGGER {app}_head_follows ON {app}_fact;
DROP FUNCTION {app}_head_follows();
"""


class HeadRow(models.Model):
    """The app adds `case`, a one-to-one key with the related name `head`, grants and indexes."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField()
    """Of the last fact."""
    state = models.CharField(max_length=30)
    at = models.DateTimeField()
    """Of the last fact."""
    began = models.DateTimeField()
    """When the first fact happened."""
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    """Who did that."""
    words = models.TextField()
    """What a list is searched for, from the last fact that says something of it."""

    class Meta:
        abstract = True


def kept(app: str, cases: str, said: Sequence[str]) -> migrations.RunSQL:
    """For an app's migration that makes its table of heads: fill it, and keep it from now on.

    `cases` is the table of cases; `said` are paths into a fact's data (`asked,name`). What this
    makes is part of those migrations: other SQL is another migration.
    """
    paths = ", ".join(f"NEW.data #>> '{{{path}}}'" for path in said)
    values = {"app": app, "cases": cases, "said": paths}
    return migrations.RunSQL((_FILL + _BODY).format(**values), _DROP.format(**values))
