SELECT n.*, c.name FROM notes n LEFT JOIN countries c ON c.code = n.country WHERE n.id = ANY($1) AND n.tags && $2
INSERT INTO notes (id, body, state, data) VALUES ($1, E'it\'s', 'draft', $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body
WITH gone AS (DELETE FROM visits v USING notes n WHERE n.id = v.note_id AND n.state = $1 RETURNING v.id) SELECT count(*) FROM gone
UPDATE notes SET data = jsonb_set(coalesce(data, '{}'), '{seen}', to_jsonb($1::timestamptz)) WHERE id = $2
SELECT count(*) FROM visits WHERE ip << '10.0.0.0/8' AND id = $1
SELECT nextval('notes_id_seq')
SELECT xmin FROM notes
SELECT relname FROM pg_class
