CREATE TABLE IF NOT EXISTS tenancy_organisations (
	name_key VARCHAR(100) NOT NULL PRIMARY KEY,
	short_name VARCHAR(100) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	active SMALLINT NOT NULL,
	created_at BIGINT NOT NULL,
	modified_at BIGINT NOT NULL,
	UNIQUE (tenant_id, name_key)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_organisation_links (
	tenant_id VARCHAR(63) NOT NULL,
	kind VARCHAR(63) NOT NULL,
	object_id VARCHAR(255) NOT NULL,
	name_key VARCHAR(100) NOT NULL,
	PRIMARY KEY (tenant_id, kind, object_id, name_key),
	UNIQUE (name_key, kind, object_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
