-- name: GetContact :one
SELECT * FROM contacts WHERE id = ? LIMIT 1;

-- name: ListContacts :many
SELECT * FROM contacts ORDER BY id;

-- name: ContactsOf :many
SELECT * FROM contacts WHERE id IN (sqlc.slice(ids)) AND score > sqlc.arg(least) ORDER BY id;

-- name: Employees :many
SELECT sqlc.embed(contacts), sqlc.embed(companies)
FROM contacts JOIN companies ON companies.id = contacts.company_id
WHERE companies.name = ? OR contacts.score > ? ORDER BY contacts.id;

-- name: CountByCompany :many
SELECT o.name, count(c.id) AS contacts, CAST(coalesce(sum(c.score), 0) AS SIGNED) AS score
FROM companies o LEFT JOIN contacts c ON c.company_id = o.id
GROUP BY o.name HAVING count(c.id) >= sqlc.arg(least) ORDER BY o.name;

-- name: TagsOf :many
WITH used AS (SELECT tag_id, count(*) AS times FROM contact_tags GROUP BY tag_id)
SELECT t.label, used.times FROM tags t JOIN used ON used.tag_id = t.id ORDER BY t.id;

-- name: CreateContact :execrows
INSERT INTO contacts (id, company_id, name, email, score) VALUES (?, ?, ?, ?, ?);

-- name: CreateOrder :execlastid
INSERT INTO orders (contact_id, title, amount, created_at) VALUES (?, ?, ?, ?);

-- name: GetOrder :one
SELECT title, amount FROM orders WHERE id = ?;

-- name: UpdateContact :execresult
UPDATE contacts SET name = coalesce(sqlc.narg(name), name), score = coalesce(sqlc.narg(score), score)
WHERE id = sqlc.arg(id);

-- name: RaiseScores :execrows
UPDATE contacts SET score = score + ? WHERE company_id IN (SELECT id FROM companies WHERE country_code = ?);

-- name: TagContact :exec
INSERT INTO contact_tags (contact_id, tag_id) SELECT CAST(? AS SIGNED), id FROM tags WHERE label = ?;

-- name: UpsertTag :exec
INSERT INTO tags (id, label) VALUES (?, ?) ON DUPLICATE KEY UPDATE label = VALUES(label);

-- name: DeleteOrder :execrows
UPDATE orders SET deleted_at = ? WHERE title = ? AND deleted_at IS NULL;

-- name: DeleteTagsOf :execrows
DELETE contact_tags FROM contact_tags JOIN tags ON tags.id = contact_tags.tag_id
WHERE contact_tags.contact_id = ? AND tags.label <> ?;
