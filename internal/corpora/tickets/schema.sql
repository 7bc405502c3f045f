-- A ticket system: the shared database. AUTO_INCREMENT ids are counted for all
-- tenants together, so they are keys of their own; business keys hold the tenant.
CREATE TABLE locales (
	code varchar(10) NOT NULL PRIMARY KEY,
	name varchar(60) NOT NULL
);
CREATE TABLE priorities (
	id tinyint unsigned NOT NULL PRIMARY KEY,
	name varchar(20) NOT NULL,
	first_reply_minutes int NOT NULL,
	resolve_minutes int NOT NULL
);
CREATE TABLE macros (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NULL,
	code varchar(40) NOT NULL,
	title varchar(120) NOT NULL,
	body text NOT NULL,
	actions json NULL,
	UNIQUE KEY macros_code (tenant_id, code)
);
CREATE TABLE teams (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id int unsigned NOT NULL,
	name varchar(80) NOT NULL,
	email varchar(190) NOT NULL,
	deleted_at datetime NULL,
	PRIMARY KEY (tenant_id, id),
	UNIQUE KEY teams_name (tenant_id, name)
);
CREATE TABLE agents (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	team_id int unsigned NULL,
	name varchar(120) NOT NULL,
	email varchar(190) NOT NULL,
	role enum('agent', 'lead', 'admin') NOT NULL DEFAULT 'agent',
	locale varchar(10) NOT NULL DEFAULT 'en',
	preferences json NULL,
	open_tickets int NOT NULL DEFAULT 0,
	last_seen_at datetime NULL,
	created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	deleted_at datetime NULL,
	PRIMARY KEY (id),
	UNIQUE KEY agents_tenant_id (tenant_id, id),
	UNIQUE KEY agents_email (tenant_id, email),
	CONSTRAINT agents_team FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id),
	CONSTRAINT agents_locale FOREIGN KEY (locale) REFERENCES locales (code)
);
CREATE TABLE organisations (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id int unsigned NOT NULL,
	name varchar(120) NOT NULL,
	domain varchar(190) NULL,
	plan varchar(20) NOT NULL DEFAULT 'free',
	PRIMARY KEY (tenant_id, id),
	UNIQUE KEY organisations_domain (tenant_id, domain)
);
CREATE TABLE customers (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	organisation_id int unsigned NULL,
	name varchar(120) NOT NULL,
	email varchar(190) NOT NULL,
	phone varchar(40) NULL,
	custom json NULL,
	blocked tinyint(1) NOT NULL DEFAULT 0,
	created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE KEY customers_tenant_id (tenant_id, id),
	UNIQUE KEY customers_email (tenant_id, email),
	CONSTRAINT customers_organisation FOREIGN KEY (tenant_id, organisation_id) REFERENCES organisations (tenant_id, id)
);
CREATE TABLE tickets (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	number int unsigned NOT NULL,
	customer_id bigint unsigned NOT NULL,
	team_id int unsigned NULL,
	assignee_id bigint unsigned NULL,
	parent_id bigint unsigned NULL,
	subject varchar(255) NOT NULL,
	status enum('new', 'open', 'pending', 'solved', 'closed') NOT NULL DEFAULT 'new',
	priority_id tinyint unsigned NOT NULL DEFAULT 2,
	channel varchar(20) NOT NULL DEFAULT 'email',
	custom json NULL,
	message_count int NOT NULL DEFAULT 0,
	version int NOT NULL DEFAULT 1,
	first_reply_at datetime NULL,
	due_at datetime NULL,
	solved_at datetime NULL,
	created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	updated_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
	deleted_at datetime NULL,
	PRIMARY KEY (id),
	UNIQUE KEY tickets_tenant_id (tenant_id, id),
	UNIQUE KEY tickets_number (tenant_id, number),
	KEY tickets_status (tenant_id, status, updated_at),
	FULLTEXT KEY tickets_subject (subject),
	CONSTRAINT tickets_customer FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
	CONSTRAINT tickets_team FOREIGN KEY (tenant_id, team_id) REFERENCES teams (tenant_id, id),
	CONSTRAINT tickets_assignee FOREIGN KEY (tenant_id, assignee_id) REFERENCES agents (tenant_id, id),
	CONSTRAINT tickets_parent FOREIGN KEY (tenant_id, parent_id) REFERENCES tickets (tenant_id, id),
	CONSTRAINT tickets_priority FOREIGN KEY (priority_id) REFERENCES priorities (id)
);
CREATE TABLE messages (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	ticket_id bigint unsigned NOT NULL,
	author_type enum('customer', 'agent', 'system') NOT NULL,
	author_id bigint unsigned NULL,
	internal tinyint(1) NOT NULL DEFAULT 0,
	body mediumtext NOT NULL,
	headers json NULL,
	created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (id),
	UNIQUE KEY messages_tenant_id (tenant_id, id),
	KEY messages_ticket (tenant_id, ticket_id, created_at),
	FULLTEXT KEY messages_body (body),
	CONSTRAINT messages_ticket FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE attachments (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	message_id bigint unsigned NOT NULL,
	filename varchar(255) NOT NULL,
	size int unsigned NOT NULL DEFAULT 0,
	storage_key char(36) NOT NULL,
	PRIMARY KEY (id),
	UNIQUE KEY attachments_storage (storage_key),
	CONSTRAINT attachments_message FOREIGN KEY (tenant_id, message_id) REFERENCES messages (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE tags (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	name varchar(60) NOT NULL,
	used int NOT NULL DEFAULT 0,
	PRIMARY KEY (tenant_id, name)
);
CREATE TABLE ticket_tags (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	ticket_id bigint unsigned NOT NULL,
	tag varchar(60) NOT NULL,
	PRIMARY KEY (tenant_id, ticket_id, tag),
	CONSTRAINT ticket_tags_ticket FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE,
	CONSTRAINT ticket_tags_tag FOREIGN KEY (tenant_id, tag) REFERENCES tags (tenant_id, name)
);
CREATE TABLE watchers (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	ticket_id bigint unsigned NOT NULL,
	agent_id bigint unsigned NOT NULL,
	created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (tenant_id, ticket_id, agent_id)
);
CREATE TABLE time_entries (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	ticket_id bigint unsigned NOT NULL,
	agent_id bigint unsigned NOT NULL,
	day date NOT NULL,
	minutes int NOT NULL DEFAULT 0,
	note varchar(255) NOT NULL DEFAULT '',
	PRIMARY KEY (tenant_id, ticket_id, agent_id, day)
);
CREATE TABLE counters (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	name varchar(40) NOT NULL,
	value bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (tenant_id, name)
);
CREATE TABLE satisfaction (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	ticket_id bigint unsigned NOT NULL,
	score tinyint NOT NULL,
	comment text NULL,
	created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (tenant_id, ticket_id)
);
CREATE TABLE audit_events (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	ticket_id bigint unsigned NULL,
	actor varchar(190) NOT NULL,
	action varchar(60) NOT NULL,
	changes json NULL,
	created_at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
	PRIMARY KEY (id),
	KEY audit_ticket (tenant_id, ticket_id, id)
);
CREATE TABLE outbox (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	id bigint unsigned NOT NULL AUTO_INCREMENT,
	recipient varchar(190) NOT NULL,
	subject varchar(255) NOT NULL,
	body mediumtext NOT NULL,
	attempts int NOT NULL DEFAULT 0,
	send_after datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
	sent_at datetime NULL,
	PRIMARY KEY (id),
	KEY outbox_due (tenant_id, sent_at, send_after)
);
CREATE TABLE settings (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	name varchar(60) NOT NULL,
	value json NOT NULL,
	PRIMARY KEY (tenant_id, name)
);
