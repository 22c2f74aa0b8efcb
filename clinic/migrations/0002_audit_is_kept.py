"""The database itself refuses to change what an audit event says, and on PostgreSQL to remove one.

References may still become null: a person or patient who is erased is forgotten here too.
On SQLite a row can be removed: Django empties tables by DELETE there between tests, and whoever can reach the
file can do as they like with it anyhow.
"""

from django.db import migrations

SQLITE_UP = """
CREATE TRIGGER audit_not_changed BEFORE UPDATE ON clinic_auditevent
WHEN NEW.id IS NOT OLD.id OR NEW.created_at IS NOT OLD.created_at OR NEW.action IS NOT OLD.action
  OR NEW.object_type IS NOT OLD.object_type OR NEW.object_id IS NOT OLD.object_id OR NEW.address IS NOT OLD.address
  OR (NEW.actor_id IS NOT NULL AND NEW.actor_id IS NOT OLD.actor_id)
  OR (NEW.patient_id IS NOT NULL AND NEW.patient_id IS NOT OLD.patient_id)
  OR (NEW.organisation_id IS NOT NULL AND NEW.organisation_id IS NOT OLD.organisation_id)
BEGIN SELECT RAISE(ABORT, 'audit events are not changed'); END
"""
POSTGRES_UP = """
CREATE FUNCTION clinic_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
    AND (NEW.id, NEW.created_at, NEW.action, NEW.object_type, NEW.object_id)
      = (OLD.id, OLD.created_at, OLD.action, OLD.object_type, OLD.object_id)
    AND NEW.address IS NOT DISTINCT FROM OLD.address
    AND (NEW.actor_id IS NULL OR NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id)
    AND (NEW.patient_id IS NULL OR NEW.patient_id IS NOT DISTINCT FROM OLD.patient_id)
    AND (NEW.organisation_id IS NULL OR NEW.organisation_id IS NOT DISTINCT FROM OLD.organisation_id)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit events are not changed or deleted' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON clinic_auditevent
  FOR EACH ROW EXECUTE FUNCTION clinic_audit_is_kept();
"""
UP = {"sqlite": SQLITE_UP, "postgresql": POSTGRES_UP}
DOWN = {
    "sqlite": "DROP TRIGGER IF EXISTS audit_not_changed",
    "postgresql": "DROP TRIGGER IF EXISTS audit_is_kept ON clinic_auditevent; "
    "DROP FUNCTION IF EXISTS clinic_audit_is_kept()",
}


def guard(apps, schema_editor):
    schema_editor.execute(UP[schema_editor.connection.vendor], params=None)


def unguard(apps, schema_editor):
    schema_editor.execute(DOWN[schema_editor.connection.vendor], params=None)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
