CREATE TABLE IF NOT EXISTS tenancy_accounts (
	id VARCHAR(128) NOT NULL PRIMARY KEY,
	tenant_id VARCHAR(63) NOT NULL,
	user_name VARCHAR(128) NOT NULL,
	name_key VARCHAR(160) NOT NULL,
	realm VARCHAR(63),
	wide_key VARCHAR(160) UNIQUE,
	email VARCHAR(254) NOT NULL,
	email_key VARCHAR(254) NOT NULL,
	guest SMALLINT NOT NULL,
	suspended SMALLINT NOT NULL,
	created_at BIGINT NOT NULL,
	modified_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS tenancy_accounts_name ON tenancy_accounts (realm, name_key);
CREATE INDEX IF NOT EXISTS tenancy_accounts_by_name ON tenancy_accounts (name_key, id);
CREATE INDEX IF NOT EXISTS tenancy_accounts_tenant ON tenancy_accounts (tenant_id, name_key, id);
CREATE INDEX IF NOT EXISTS tenancy_accounts_email ON tenancy_accounts (email_key);
CREATE TABLE IF NOT EXISTS tenancy_people (
	tenant_id VARCHAR(63) NOT NULL PRIMARY KEY,
	cohort_id VARCHAR(64) NOT NULL UNIQUE,
	associated_id VARCHAR(64) NOT NULL,
	members BIGINT NOT NULL,
	held SMALLINT NOT NULL,
	name_pattern TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tenancy_people_associated ON tenancy_people (associated_id);
CREATE TABLE IF NOT EXISTS tenancy_managers (
	tenant_id VARCHAR(63) NOT NULL,
	account_id VARCHAR(128) NOT NULL,
	PRIMARY KEY (tenant_id, account_id)
);
CREATE INDEX IF NOT EXISTS tenancy_managers_account ON tenancy_managers (account_id);
CREATE TABLE IF NOT EXISTS tenancy_cohorts (
	id VARCHAR(64) NOT NULL PRIMARY KEY,
	tenant_id VARCHAR(63) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	name VARCHAR(254) NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS tenancy_cohorts_tenant ON tenancy_cohorts (tenant_id, id);
CREATE TABLE IF NOT EXISTS tenancy_cohort_members (
	cohort_id VARCHAR(64) NOT NULL,
	account_id VARCHAR(128) NOT NULL,
	PRIMARY KEY (cohort_id, account_id)
);
CREATE INDEX IF NOT EXISTS tenancy_cohort_members_account ON tenancy_cohort_members (account_id);
CREATE TABLE IF NOT EXISTS tenancy_resets (
	token_hash VARCHAR(64) NOT NULL PRIMARY KEY,
	account_id VARCHAR(128) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL,
	email_key VARCHAR(254) NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS tenancy_resets_account ON tenancy_resets (account_id);
CREATE INDEX IF NOT EXISTS tenancy_resets_expiry ON tenancy_resets (expires_at);
