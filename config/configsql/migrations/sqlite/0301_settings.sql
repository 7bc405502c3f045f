CREATE TABLE IF NOT EXISTS tenancy_settings (
	tenant_id VARCHAR(63) NOT NULL,
	account_id VARCHAR(128) NOT NULL,
	group_name VARCHAR(63) NOT NULL,
	name VARCHAR(190) NOT NULL,
	value TEXT NOT NULL,
	forced SMALLINT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, account_id, group_name, name)
);
CREATE TABLE IF NOT EXISTS tenancy_settings_history (
	tenant_id VARCHAR(63) NOT NULL,
	account_id VARCHAR(128) NOT NULL,
	group_name VARCHAR(63) NOT NULL,
	name VARCHAR(190) NOT NULL,
	version BIGINT NOT NULL,
	value TEXT,
	forced SMALLINT NOT NULL,
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	changed_at BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, account_id, group_name, name, version)
);
