CREATE TABLE IF NOT EXISTS tenancy_audit (
	tenant_id VARCHAR(63) NOT NULL,
	seq BIGINT NOT NULL,
	kind VARCHAR(64) NOT NULL,
	actor_id VARCHAR(190) NOT NULL,
	actor_tenant VARCHAR(63) NOT NULL,
	actor_guest SMALLINT NOT NULL,
	object VARCHAR(255) NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	detail TEXT NOT NULL,
	PRIMARY KEY (tenant_id, seq),
	INDEX tenancy_audit_at (at, tenant_id, seq)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_audit_heads (
	tenant_id VARCHAR(63) NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	INDEX tenancy_audit_heads_at (changed_at)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
