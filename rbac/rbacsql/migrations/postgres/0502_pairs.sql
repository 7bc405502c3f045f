CREATE TABLE IF NOT EXISTS tenancy_role_pairs (
	kind VARCHAR(16) COLLATE "C" NOT NULL,
	role_id BIGINT NOT NULL,
	target_id BIGINT NOT NULL,
	PRIMARY KEY (kind, role_id, target_id)
);
