CREATE TABLE IF NOT EXISTS tenancy_roles (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name VARCHAR(63) NOT NULL,
	title VARCHAR(190) NOT NULL,
	archetype VARCHAR(32) NOT NULL,
	levels VARCHAR(1023) NOT NULL,
	UNIQUE (name)
);
CREATE TABLE IF NOT EXISTS tenancy_role_specials (
	kind VARCHAR(32) NOT NULL PRIMARY KEY,
	role_id BIGINT NOT NULL,
	node_id BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS tenancy_site_admins (
	user_id VARCHAR(190) NOT NULL PRIMARY KEY
);
CREATE TABLE IF NOT EXISTS tenancy_role_permissions (
	tenant_id VARCHAR(63) NOT NULL,
	node_id BIGINT NOT NULL,
	role_id BIGINT NOT NULL,
	capability VARCHAR(190) NOT NULL,
	permission VARCHAR(8) NOT NULL,
	PRIMARY KEY (tenant_id, node_id, role_id, capability)
);
CREATE TABLE IF NOT EXISTS tenancy_role_assignments (
	tenant_id VARCHAR(63) NOT NULL,
	node_id BIGINT NOT NULL,
	role_id BIGINT NOT NULL,
	user_id VARCHAR(190) NOT NULL,
	component VARCHAR(100) NOT NULL,
	item BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, node_id, role_id, user_id, component, item)
);
CREATE INDEX IF NOT EXISTS tenancy_role_assignments_user ON tenancy_role_assignments (tenant_id, user_id);
