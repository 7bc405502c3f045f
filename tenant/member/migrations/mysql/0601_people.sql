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
	modified_at BIGINT NOT NULL,
	UNIQUE INDEX tenancy_accounts_name (realm, name_key),
	INDEX tenancy_accounts_by_name (name_key, id),
	INDEX tenancy_accounts_tenant (tenant_id, name_key, id),
	INDEX tenancy_accounts_email (email_key)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_people (
	tenant_id VARCHAR(63) NOT NULL PRIMARY KEY,
	cohort_id VARCHAR(64) NOT NULL UNIQUE,
	associated_id VARCHAR(64) NOT NULL,
	members BIGINT NOT NULL,
	held SMALLINT NOT NULL,
	name_pattern TEXT NOT NULL,
	INDEX tenancy_people_associated (associated_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_managers (
	tenant_id VARCHAR(63) NOT NULL,
	account_id VARCHAR(128) NOT NULL,
	PRIMARY KEY (tenant_id, account_id),
	INDEX tenancy_managers_account (account_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_cohorts (
	id VARCHAR(64) NOT NULL PRIMARY KEY,
	tenant_id VARCHAR(63) NOT NULL,
	kind VARCHAR(16) NOT NULL,
	name VARCHAR(254) NOT NULL,
	created_at BIGINT NOT NULL,
	INDEX tenancy_cohorts_tenant (tenant_id, id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_cohort_members (
	cohort_id VARCHAR(64) NOT NULL,
	account_id VARCHAR(128) NOT NULL,
	PRIMARY KEY (cohort_id, account_id),
	INDEX tenancy_cohort_members_account (account_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE IF NOT EXISTS tenancy_resets (
	token_hash VARCHAR(64) NOT NULL PRIMARY KEY,
	account_id VARCHAR(128) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL,
	email_key VARCHAR(254) NOT NULL,
	expires_at BIGINT NOT NULL,
	INDEX tenancy_resets_account (account_id),
	INDEX tenancy_resets_expiry (expires_at)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
