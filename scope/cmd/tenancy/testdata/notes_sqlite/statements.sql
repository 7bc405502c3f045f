-- What the application sends.
SELECT * FROM notes WHERE id = ?
SELECT n.slug, c.name FROM notes n LEFT JOIN countries c ON c.code = n.country WHERE n.state = :state ORDER BY n.slug
SELECT * FROM notes WHERE id = ?

INSERT INTO notes (slug, state) VALUES (?, 'draft') ON CONFLICT (slug) DO UPDATE SET state = excluded.state RETURNING id
UPDATE notes SET data = json_set(data, '$.read', ?) WHERE id IN (?, ?) AND data ->> '$.a' = 1
DELETE FROM notes WHERE state = 'done' AND id < ?
SELECT s.css FROM styles s WHERE s.name = ?
SELECT last_insert_rowid()
SELECT slug FROM note
SELECT '<script>' || '</script>', "tenant_id" FROM notes FULL JOIN countries ON 1 WHERE ((
SELECT lower(hex(randomblob(8))), id FROM notes
