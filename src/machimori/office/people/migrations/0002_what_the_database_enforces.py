# SPDX-License-Identifier: AGPL-3.0-or-later
"""One person holds one post in a scheme once at a time; what has ended stays as it was.

An exclusion constraint would need btree_gist, which the embedded PostgreSQL does not bring. The
trigger locks the person's row first, so that two transactions that would overlap wait for each
other; it runs as the tables' owner, because the web process may not lock what it may not change.
"""

from django.db import migrations

_CREATE = """
CREATE FUNCTION people_appointment_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = office, pg_temp AS $$
BEGIN
    PERFORM 1 FROM people_person WHERE id = NEW.person_id FOR UPDATE;
    IF EXISTS (
        SELECT 1 FROM people_appointment AS other
        WHERE other.id <> NEW.id AND other.person_id = NEW.person_id
          AND other.scheme_id = NEW.scheme_id AND other.post = NEW.post
          AND tstzrange(other.valid_from, other.valid_until, '[)')
              && tstzrange(NEW.valid_from, NEW.valid_until, '[)')
    ) THEN
        RAISE EXCEPTION 'people_appointment_overlaps' USING ERRCODE = 'exclusion_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.decision <> '' AND NEW.decision <> OLD.decision THEN
        RAISE EXCEPTION 'people_appointment_decided' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER people_appointment_overlaps
    AFTER INSERT OR UPDATE ON people_appointment
    FOR EACH ROW EXECUTE FUNCTION people_appointment_check();
CREATE FUNCTION people_credential_check() RETURNS trigger
    LANGUAGE plpgsql SET search_path = office, pg_temp AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'people_credential_revoked' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER people_credential_revoked
    BEFORE UPDATE ON people_credential
    FOR EACH ROW EXECUTE FUNCTION people_credential_check();
"""
_DROP = """
DROP TRIGGER people_credential_revoked ON people_credential;
DROP FUNCTION people_credential_check();
DROP TRIGGER people_appointment_overlaps ON people_appointment;
DROP FUNCTION people_appointment_check();
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_people")]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
