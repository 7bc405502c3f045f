-- name: GetContact :one
SELECT * FROM contacts WHERE id = $1 LIMIT 1;

-- name: ListContacts :many
SELECT * FROM contacts ORDER BY id;

-- name: ContactsOf :many
SELECT * FROM contacts WHERE id = ANY(sqlc.arg(ids)::bigint[]) AND score > sqlc.arg(least) ORDER BY id;

-- name: Employees :many
SELECT sqlc.embed(contacts), sqlc.embed(companies)
FROM contacts JOIN companies ON companies.id = contacts.company_id
WHERE companies.name = $1 OR contacts.score > $2 ORDER BY contacts.id;

-- name: CountByCompany :many
SELECT o.name, count(c.id) AS contacts, coalesce(sum(c.score), 0)::bigint AS score
FROM companies o LEFT JOIN contacts c ON c.company_id = o.id
GROUP BY o.name HAVING count(c.id) >= sqlc.arg(least) ORDER BY o.name;

-- name: TagsOf :many
WITH used AS (SELECT tag_id, count(*) AS times FROM contact_tags GROUP BY tag_id)
SELECT t.label, used.times FROM tags t JOIN used ON used.tag_id = t.id ORDER BY t.id;

-- name: CreateContact :one
INSERT INTO contacts (id, company_id, name, email, score) VALUES ($1, $2, $3, $4, $5) RETURNING *;

-- name: CreateOrder :one
INSERT INTO orders (contact_id, title, amount, created_at) VALUES ($1, $2, $3, $4) RETURNING *;

-- name: GetOrder :one
SELECT title, amount FROM orders WHERE id = $1;

-- name: UpdateContact :one
UPDATE contacts SET name = coalesce(sqlc.narg(name), name), score = coalesce(sqlc.narg(score), score)
WHERE id = sqlc.arg(id) RETURNING *;

-- name: RaiseScores :execrows
UPDATE contacts SET score = score + $1 WHERE company_id IN (SELECT id FROM companies WHERE country_code = $2);

-- name: TagContact :exec
INSERT INTO contact_tags (contact_id, tag_id) SELECT $1::bigint, id FROM tags WHERE label = $2;

-- name: UpsertTag :one
INSERT INTO tags (id, label) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET label = EXCLUDED.label RETURNING *;

-- name: DeleteOrder :execrows
UPDATE orders SET deleted_at = $1 WHERE title = $2 AND deleted_at IS NULL;

-- name: DeleteTagsOf :execrows
DELETE FROM contact_tags USING tags WHERE tags.id = contact_tags.tag_id AND contact_tags.contact_id = $1 AND tags.label <> $2;
