CREATE TABLE IF NOT EXISTS tenancy_changes (
	tenant_id VARCHAR(63) NOT NULL PRIMARY KEY,
	number BIGINT NOT NULL,
	changed_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS tenancy_changes_at ON tenancy_changes (changed_at);
