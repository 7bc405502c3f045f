CREATE TABLE IF NOT EXISTS tenancy_changes (
	tenant_id VARCHAR(63) NOT NULL PRIMARY KEY,
	number BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	INDEX tenancy_changes_at (changed_at)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
