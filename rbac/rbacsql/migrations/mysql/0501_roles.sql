CREATE TABLE IF NOT EXISTS tenancy_roles (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(63) NOT NULL,
	title VARCHAR(190) NOT NULL,
	archetype VARCHAR(32) NOT NULL,
	levels VARCHAR(1023) NOT NULL,
	UNIQUE INDEX tenancy_roles_name (name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_role_specials (
	kind VARCHAR(32) NOT NULL PRIMARY KEY,
	role_id BIGINT NOT NULL,
	node_id BIGINT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_site_admins (
	user_id VARCHAR(190) NOT NULL PRIMARY KEY
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_role_permissions (
	tenant_id VARCHAR(63) NOT NULL,
	node_id BIGINT NOT NULL,
	role_id BIGINT NOT NULL,
	capability VARCHAR(190) NOT NULL,
	permission VARCHAR(8) NOT NULL,
	PRIMARY KEY (tenant_id, node_id, role_id, capability)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_role_assignments (
	tenant_id VARCHAR(63) NOT NULL,
	node_id BIGINT NOT NULL,
	role_id BIGINT NOT NULL,
	user_id VARCHAR(190) NOT NULL,
	component VARCHAR(100) NOT NULL,
	item BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, node_id, role_id, user_id, component, item),
	INDEX tenancy_role_assignments_user (tenant_id, user_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
