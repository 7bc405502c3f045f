CREATE OR REPLACE FUNCTION tenancy_changes_notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_notify('tenancy_changes', TG_RELID::pg_catalog.text || ' ' || NEW.number::pg_catalog.text || ' ' || NEW.tenant_id); RETURN NULL; END $$;
DROP TRIGGER IF EXISTS tenancy_changes_notify ON tenancy_changes;
CREATE TRIGGER tenancy_changes_notify AFTER INSERT OR UPDATE ON tenancy_changes FOR EACH ROW EXECUTE FUNCTION tenancy_changes_notify();
