CREATE TABLE IF NOT EXISTS tenancy_nodes (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	tenant_id VARCHAR(63) NOT NULL,
	level VARCHAR(63) NOT NULL,
	instance VARCHAR(190) NOT NULL,
	parent_id BIGINT NOT NULL,
	path VARCHAR(600) NOT NULL,
	depth INTEGER NOT NULL,
	locked SMALLINT NOT NULL,
	UNIQUE (level, instance, tenant_id)
);
CREATE INDEX IF NOT EXISTS tenancy_nodes_path ON tenancy_nodes (tenant_id, path);
INSERT INTO tenancy_nodes (id, tenant_id, level, instance, parent_id, path, depth, locked)
VALUES (1, '', 'system', '', 0, '/1/', 1, 0) ON CONFLICT DO NOTHING;
