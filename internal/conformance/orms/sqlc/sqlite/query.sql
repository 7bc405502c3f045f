-- name: GetContact :one
SELECT * FROM contacts WHERE id = ? LIMIT 1;

-- name: ListContacts :many
SELECT * FROM contacts ORDER BY id;

-- name: ContactsOf :many
SELECT * FROM contacts WHERE id IN (sqlc.slice('ids')) AND score > ? ORDER BY id;

-- name: Employees :many
SELECT sqlc.embed(contacts), sqlc.embed(companies)
FROM contacts JOIN companies ON companies.id = contacts.company_id
WHERE companies.name = ?1 OR contacts.score > ?2 ORDER BY contacts.id;

-- name: CountByCompany :many
SELECT o.name, count(c.id) AS contacts, CAST(coalesce(sum(c.score), 0) AS INTEGER) AS score
FROM companies o LEFT JOIN contacts c ON c.company_id = o.id
GROUP BY o.name HAVING count(c.id) > 0 ORDER BY o.name;

-- name: TagsOf :many
WITH used AS (SELECT tag_id, count(*) AS times FROM contact_tags GROUP BY tag_id)
SELECT t.label, used.times FROM tags t JOIN used ON used.tag_id = t.id ORDER BY t.id;

-- name: CreateContact :one
INSERT INTO contacts (id, company_id, name, email, score) VALUES (?, ?, ?, ?, ?) RETURNING *;

-- name: CreateOrder :one
INSERT INTO orders (contact_id, title, amount, created_at) VALUES (@contact_id, @title, @amount, @created_at) RETURNING *;

-- name: GetOrder :one
SELECT title, amount FROM orders WHERE id = ?;

-- name: UpdateContact :one
UPDATE contacts SET name = coalesce(sqlc.narg('name'), name), score = coalesce(sqlc.narg('score'), score)
WHERE id = sqlc.arg('id') RETURNING *;

-- name: RaiseScores :execrows
UPDATE contacts SET score = score + ? WHERE company_id IN (SELECT id FROM companies WHERE country_code = ?);

-- name: TagContact :exec
INSERT INTO contact_tags (contact_id, tag_id) SELECT CAST(sqlc.arg(contact_id) AS INTEGER), id FROM tags WHERE label = sqlc.arg(label);

-- name: UpsertTag :one
INSERT INTO tags (id, label) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET label = excluded.label RETURNING *;

-- name: DeleteOrder :execrows
UPDATE orders SET deleted_at = ? WHERE title = ? AND deleted_at IS NULL;

-- name: DeleteTagsOf :execrows
DELETE FROM contact_tags WHERE contact_id = ? AND tag_id IN (SELECT id FROM tags WHERE label <> ?);
