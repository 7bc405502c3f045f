CREATE TABLE IF NOT EXISTS tenancy_nodes (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	tenant_id VARCHAR(63) NOT NULL,
	level VARCHAR(63) NOT NULL,
	instance VARCHAR(190) NOT NULL,
	parent_id BIGINT NOT NULL,
	path VARCHAR(600) NOT NULL,
	depth INTEGER NOT NULL,
	locked SMALLINT NOT NULL,
	UNIQUE INDEX tenancy_nodes_instance (level, instance, tenant_id),
	INDEX tenancy_nodes_path (tenant_id, path)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO tenancy_nodes (id, tenant_id, level, instance, parent_id, path, depth, locked)
VALUES (1, '', 'system', '', 0, '/1/', 1, 0) ON DUPLICATE KEY UPDATE id = id;
