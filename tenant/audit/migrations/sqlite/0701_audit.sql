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
	PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX IF NOT EXISTS tenancy_audit_at ON tenancy_audit (at, tenant_id, seq);
CREATE TABLE IF NOT EXISTS tenancy_audit_heads (
	tenant_id VARCHAR(63) NOT NULL PRIMARY KEY,
	seq BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS tenancy_audit_heads_at ON tenancy_audit_heads (changed_at);
