# SPDX-License-Identifier: AGPL-3.0-or-later
"""A 決裁番号 is entered once, and a scheme starts once."""

from django.db import migrations

_CREATE = """
CREATE FUNCTION rules_resolution_check() RETURNS trigger
    LANGUAGE plpgsql SET search_path = office, pg_temp AS $$
BEGIN
    IF OLD.number <> '' THEN
        RAISE EXCEPTION 'rules_resolution_numbered' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules_resolution_numbered
    BEFORE UPDATE ON rules_resolution
    FOR EACH ROW EXECUTE FUNCTION rules_resolution_check();
CREATE FUNCTION rules_start_check() RETURNS trigger
    LANGUAGE plpgsql SET search_path = office, pg_temp AS $$
BEGIN
    IF OLD.started_on IS NOT NULL THEN
        RAISE EXCEPTION 'rules_scheme_started' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rules_scheme_started
    BEFORE UPDATE OF started_on ON people_scheme
    FOR EACH ROW EXECUTE FUNCTION rules_start_check();
"""
_DROP = """
DROP TRIGGER rules_scheme_started ON people_scheme;
DROP FUNCTION rules_start_check();
DROP TRIGGER rules_resolution_numbered ON rules_resolution;
DROP FUNCTION rules_resolution_check();
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_rules")]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
