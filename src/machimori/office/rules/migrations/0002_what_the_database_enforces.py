# SPDX-License-Identifier: AGPL-3.0-or-later
"""A 決裁番号 is entered once."""

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
"""
_DROP = """
DROP TRIGGER rules_resolution_numbered ON rules_resolution;
DROP FUNCTION rules_resolution_check();
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_rules")]
    operations = [migrations.RunSQL(_CREATE, _DROP)]
