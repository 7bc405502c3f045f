CREATE TABLE IF NOT EXISTS countries (
	code VARCHAR(2) NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL);

CREATE TABLE IF NOT EXISTS exchange_rates (
	currency VARCHAR(3) NOT NULL PRIMARY KEY, per_euro DOUBLE PRECISION NOT NULL, as_of VARCHAR(20) NOT NULL);

CREATE TABLE IF NOT EXISTS people (
	account VARCHAR(64) NOT NULL, name VARCHAR(128) NOT NULL, gone SMALLINT NOT NULL DEFAULT 0,
	tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (tenant_id, account));

CREATE TABLE IF NOT EXISTS companies (
	id {{key}}, name VARCHAR(200) NOT NULL, city VARCHAR(100) NOT NULL,
	country VARCHAR(2) NOT NULL REFERENCES countries (code),
	tenant_id VARCHAR(63) NOT NULL, UNIQUE (tenant_id, id), UNIQUE (tenant_id, name));

CREATE TABLE IF NOT EXISTS company_changes (
	id {{key}}, company_id BIGINT NOT NULL, at VARCHAR(20) NOT NULL, account VARCHAR(64) NOT NULL, what VARCHAR(1000) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, UNIQUE (tenant_id, id),
	FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE IF NOT EXISTS company_pictures (
	company_id BIGINT NOT NULL, type VARCHAR(20) NOT NULL, bytes BYTEA NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (tenant_id, company_id),
	FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE IF NOT EXISTS contacts (
	id {{key}}, company_id BIGINT, name VARCHAR(200) NOT NULL, email VARCHAR(200) NOT NULL, phone VARCHAR(50) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, UNIQUE (tenant_id, id),
	FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id));

CREATE TABLE IF NOT EXISTS opportunities (
	id {{key}}, company_id BIGINT NOT NULL, contact_id BIGINT, title VARCHAR(200) NOT NULL, stage VARCHAR(20) NOT NULL,
	cents BIGINT NOT NULL, currency VARCHAR(3) NOT NULL REFERENCES exchange_rates (currency),
	owner VARCHAR(64) NOT NULL, closes VARCHAR(10) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, UNIQUE (tenant_id, id),
	FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id),
	FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id));

CREATE TABLE IF NOT EXISTS quotas (
	account VARCHAR(64) NOT NULL, quarter VARCHAR(7) NOT NULL, cents BIGINT NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (tenant_id, account, quarter),
	FOREIGN KEY (tenant_id, account) REFERENCES people (tenant_id, account));

CREATE TABLE IF NOT EXISTS tasks (
	id {{key}}, company_id BIGINT, title VARCHAR(200) NOT NULL, due VARCHAR(10) NOT NULL, owner VARCHAR(64) NOT NULL, done SMALLINT NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, UNIQUE (tenant_id, id),
	FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE IF NOT EXISTS reports (
	stage VARCHAR(20) NOT NULL, deals BIGINT NOT NULL, cents BIGINT NOT NULL, currency VARCHAR(3) NOT NULL, made VARCHAR(20) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL, PRIMARY KEY (tenant_id, stage));
