CREATE TABLE IF NOT EXISTS tenancy_account_ids (
	id VARCHAR(128) NOT NULL PRIMARY KEY
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO tenancy_account_ids (id) SELECT a.id FROM tenancy_accounts a WHERE NOT EXISTS (SELECT 1 FROM tenancy_account_ids i WHERE i.id = a.id);
