CREATE TABLE IF NOT EXISTS categories (
	tenant_id VARCHAR(63) NOT NULL, id VARCHAR(40) NOT NULL, parent_id VARCHAR(40), name VARCHAR(200) NOT NULL,
	PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, parent_id) REFERENCES categories (tenant_id, id));

CREATE TABLE IF NOT EXISTS courses (
	tenant_id VARCHAR(63) NOT NULL, id VARCHAR(40) NOT NULL, category_id VARCHAR(40) NOT NULL, title VARCHAR(200) NOT NULL, summary TEXT NOT NULL,
	PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, category_id) REFERENCES categories (tenant_id, id));

CREATE TABLE IF NOT EXISTS modules (
	tenant_id VARCHAR(63) NOT NULL, id VARCHAR(40) NOT NULL, course_id VARCHAR(40) NOT NULL, title VARCHAR(200) NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, id));

CREATE TABLE IF NOT EXISTS enrolments (
	tenant_id VARCHAR(63) NOT NULL, course_id VARCHAR(40) NOT NULL, account VARCHAR(64) NOT NULL, role VARCHAR(63) NOT NULL, since BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, course_id, account), FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, id));

CREATE TABLE IF NOT EXISTS grades (
	tenant_id VARCHAR(63) NOT NULL, module_id VARCHAR(40) NOT NULL, account VARCHAR(64) NOT NULL, points INTEGER NOT NULL, given_by VARCHAR(64) NOT NULL, since BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, module_id, account), FOREIGN KEY (tenant_id, module_id) REFERENCES modules (tenant_id, id));

CREATE TABLE IF NOT EXISTS log (
	tenant_id VARCHAR(63) NOT NULL, id VARCHAR(40) NOT NULL, since BIGINT NOT NULL, account VARCHAR(64) NOT NULL, action VARCHAR(40) NOT NULL,
	object VARCHAR(40) NOT NULL, course VARCHAR(40) NOT NULL,
	PRIMARY KEY (tenant_id, id));

CREATE TABLE IF NOT EXISTS figures (
	tenant_id VARCHAR(63) NOT NULL, name VARCHAR(40) NOT NULL, amount BIGINT NOT NULL, since BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, name));

CREATE TABLE IF NOT EXISTS posts (
	tenant_id VARCHAR(63) NOT NULL, id VARCHAR(40) NOT NULL, account VARCHAR(64) NOT NULL, title VARCHAR(200) NOT NULL, body TEXT NOT NULL, since BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, id));

CREATE TABLE IF NOT EXISTS tags (
	tenant_id VARCHAR(63) NOT NULL, course_id VARCHAR(40) NOT NULL, name VARCHAR(60) NOT NULL,
	PRIMARY KEY (tenant_id, course_id, name), FOREIGN KEY (tenant_id, course_id) REFERENCES courses (tenant_id, id));

CREATE TABLE IF NOT EXISTS tokens (
	tenant_id VARCHAR(63) NOT NULL, hash VARCHAR(64) NOT NULL, account VARCHAR(64) NOT NULL, since BIGINT NOT NULL,
	PRIMARY KEY (tenant_id, hash));

CREATE TABLE IF NOT EXISTS catalogue (
	id VARCHAR(40) NOT NULL PRIMARY KEY, title VARCHAR(200) NOT NULL, summary TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS offers (
	tenant_id VARCHAR(63) NOT NULL, catalogue_id VARCHAR(40) NOT NULL, price INTEGER NOT NULL,
	PRIMARY KEY (tenant_id, catalogue_id), FOREIGN KEY (catalogue_id) REFERENCES catalogue (id));
