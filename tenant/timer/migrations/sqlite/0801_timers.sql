CREATE TABLE IF NOT EXISTS tenancy_timers (
	timer VARCHAR(100) NOT NULL PRIMARY KEY,
	due_at BIGINT NOT NULL,
	opened_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS tenancy_timer_runs (
	timer VARCHAR(100) NOT NULL,
	tenant_id VARCHAR(63) NOT NULL,
	due_at BIGINT NOT NULL,
	token BIGINT NOT NULL,
	claimed_until BIGINT NOT NULL,
	owner VARCHAR(200) NOT NULL,
	attempt INTEGER NOT NULL,
	on_demand SMALLINT NOT NULL,
	finished_at BIGINT NOT NULL,
	outcome VARCHAR(16) NOT NULL,
	error_type VARCHAR(200) NOT NULL,
	code VARCHAR(64) NOT NULL,
	PRIMARY KEY (timer, tenant_id)
);
CREATE INDEX IF NOT EXISTS tenancy_timer_runs_claimed ON tenancy_timer_runs (claimed_until);
