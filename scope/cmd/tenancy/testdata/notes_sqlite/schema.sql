-- Made for a test.
PRAGMA foreign_keys = on;
CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE styles (tenant_id TEXT, name TEXT NOT NULL, css TEXT NOT NULL, UNIQUE (tenant_id, name));
CREATE TABLE notes (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY,
	slug TEXT NOT NULL,
	country TEXT REFERENCES countries (code),
	state TEXT NOT NULL CHECK (state IN ('draft', 'done')),
	data TEXT NOT NULL DEFAULT '{}',
	UNIQUE (tenant_id, slug)
);
