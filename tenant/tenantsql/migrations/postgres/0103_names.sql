CREATE TABLE IF NOT EXISTS tenancy_names (
	name VARCHAR(63) COLLATE "C" NOT NULL PRIMARY KEY,
	tenant_id VARCHAR(63) COLLATE "C" NOT NULL
);
INSERT INTO tenancy_names (name, tenant_id) SELECT t.id, t.id FROM tenancy_tenants t WHERE NOT EXISTS (SELECT 1 FROM tenancy_names n WHERE n.name = t.id);
INSERT INTO tenancy_names (name, tenant_id) SELECT t.code_key, t.id FROM tenancy_tenants t WHERE t.code_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tenancy_names n WHERE n.name = t.code_key);
