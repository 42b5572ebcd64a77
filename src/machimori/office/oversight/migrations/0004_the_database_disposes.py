# SPDX-License-Identifier: AGPL-3.0-or-later
"""A tombstone erases what it stands for; nothing else does.

The trigger runs as the tables' owner, because the web process may delete no fact. What it erases is
in `oversight_erase`, which every upgrade makes anew (`erasing.py`). It refuses a case that no
decision on record names, and one under a stay.
"""

from django.db import migrations

_CREATE = """
CREATE FUNCTION oversight_disposes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
DECLARE
    name text := NEW.kind || ':' || NEW."case";
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM oversight_fact
        WHERE case_id = NEW.decision_id AND kind = 'disposal_decided'
            AND data -> 'cases' ? name
    ) THEN
        RAISE EXCEPTION 'no decision names this case';
    END IF;
    IF EXISTS (
        SELECT 1 FROM oversight_record stay
        WHERE stay.kind = 'stay' AND stay.scheme_id = NEW.scheme_id
            AND starts_with(stay.key, name || ':')
            AND NOT EXISTS (
                SELECT 1 FROM oversight_fact
                WHERE case_id = stay.id AND kind = 'stay_released'
            )
    ) THEN
        RAISE EXCEPTION 'the disposal of this case is stayed';
    END IF;
    PERFORM oversight_erase(NEW.kind, NEW."case");
    RETURN NULL;
END $$;
CREATE TRIGGER oversight_disposes
    AFTER INSERT ON oversight_tombstone FOR EACH ROW EXECUTE FUNCTION oversight_disposes();
"""
_DROP = """
DROP TRIGGER oversight_disposes ON oversight_tombstone;
DROP FUNCTION oversight_disposes();
"""


class Migration(migrations.Migration):
    dependencies = [("oversight", "0003_what_was_disposed_of")]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
