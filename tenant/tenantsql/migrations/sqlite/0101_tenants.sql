CREATE TABLE IF NOT EXISTS tenancy_tenants (
	id VARCHAR(63) NOT NULL PRIMARY KEY,
	code VARCHAR(63) NOT NULL,
	code_key VARCHAR(63) UNIQUE,
	name TEXT NOT NULL,
	external_id TEXT NOT NULL,
	description TEXT NOT NULL,
	description_format TEXT NOT NULL,
	status VARCHAR(16) NOT NULL,
	language TEXT NOT NULL,
	theme TEXT NOT NULL,
	max_users BIGINT NOT NULL,
	parent_id VARCHAR(63) NOT NULL,
	created_at BIGINT NOT NULL,
	modified_at BIGINT NOT NULL,
	metadata TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tenancy_hosts (
	tenant_id VARCHAR(63) NOT NULL,
	host VARCHAR(253) NOT NULL,
	seq INTEGER NOT NULL,
	verified SMALLINT NOT NULL,
	claim VARCHAR(253) UNIQUE,
	PRIMARY KEY (tenant_id, host)
);
