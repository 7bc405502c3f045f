-- Users and sessions.
SELECT id, username, is_admin, timezone, entries_per_page, settings, last_login_at FROM users WHERE id = $1 AND deleted_at IS NULL
SELECT id, password_hash FROM users WHERE lower(username) = lower($1) AND deleted_at IS NULL
SELECT EXISTS (SELECT 1 FROM users WHERE username = lower($1))
SELECT u.*, t.css FROM users u LEFT JOIN themes t ON t.id = u.theme_id ORDER BY u.username
INSERT INTO users (username, password_hash, is_admin) VALUES (lower($1), $2, $3) RETURNING id, username, is_admin, created_at
UPDATE users SET last_login_at = now() WHERE id = $1
UPDATE users SET settings = settings || $2::jsonb WHERE id = $1 RETURNING settings
UPDATE users SET settings = jsonb_set(settings, '{reader,font}', to_jsonb($2::text), true) WHERE id = $1
UPDATE users SET deleted_at = now(), username = username || '-deleted-' || id WHERE id = $1 AND NOT is_admin
SELECT count(*) FILTER (WHERE is_admin) AS admins, count(*) AS everybody FROM users WHERE deleted_at IS NULL
INSERT INTO sessions (token, user_id, user_agent, ip, expires_at) VALUES ($1, $2, $3, $4::inet, now() + interval '30 days')
SELECT s.token, s.user_id, s.data, u.username FROM sessions AS s JOIN users AS u ON u.id = s.user_id WHERE s.token = $1 AND s.expires_at > now()
UPDATE sessions SET seen_at = now(), data = data - 'flash' WHERE token = $1
DELETE FROM sessions WHERE expires_at < now()
DELETE FROM sessions WHERE user_id = $1 AND token <> $2
SELECT DISTINCT ON (user_id) user_id, ip, seen_at FROM sessions ORDER BY user_id, seen_at DESC
INSERT INTO api_keys (user_id, token_hash, description) VALUES ($1, $2, $3) RETURNING id
UPDATE api_keys SET last_used_at = now() WHERE token_hash = $1 RETURNING user_id
DELETE FROM api_keys WHERE id = $1 AND user_id = $2
-- Categories.
SELECT id, title, position FROM categories WHERE user_id = $1 ORDER BY position, title
SELECT c.id, c.title, (SELECT count(*) FROM feeds f WHERE f.category_id = c.id AND f.deleted_at IS NULL) AS feed_count FROM categories c WHERE c.user_id = $1 ORDER BY c.title ASC
SELECT c.id, c.title, count(e.id) AS unread FROM categories c LEFT JOIN feeds f ON f.category_id = c.id LEFT JOIN entries e ON e.feed_id = f.id AND e.status = 'unread' WHERE c.user_id = $1 GROUP BY c.id, c.title HAVING count(f.id) > 0 ORDER BY unread DESC
INSERT INTO categories (user_id, title) VALUES ($1, $2) ON CONFLICT (user_id, title) DO UPDATE SET title = EXCLUDED.title RETURNING id
INSERT INTO categories (user_id, title, position) SELECT $1, $2, coalesce(max(position), 0) + 1 FROM categories WHERE user_id = $1
UPDATE categories SET position = v.position FROM (VALUES ($1::bigint, 1), ($2::bigint, 2), ($3::bigint, 3)) AS v (id, position) WHERE categories.id = v.id
WITH RECURSIVE tree AS (SELECT id, parent_id, title, 0 AS depth, ARRAY[title] AS path FROM categories WHERE parent_id IS NULL AND user_id = $1 UNION ALL SELECT c.id, c.parent_id, c.title, t.depth + 1, t.path || c.title FROM categories c JOIN tree t ON t.id = c.parent_id) SELECT id, title, depth FROM tree ORDER BY path
DELETE FROM categories c WHERE c.id = $1 AND NOT EXISTS (SELECT 1 FROM feeds f WHERE f.category_id = c.id)
WITH gone AS (DELETE FROM categories WHERE id = $1 AND user_id = $2 RETURNING id) SELECT count(*) FROM gone
-- Feeds.
SELECT f.id, f.title, f.site_url, f.unread_count, c.title AS category, i.mime_type FROM feeds f INNER JOIN categories c ON c.id = f.category_id LEFT JOIN feed_icons fi ON fi.feed_id = f.id LEFT JOIN icons i ON i.id = fi.icon_id WHERE f.user_id = $1 AND f.deleted_at IS NULL ORDER BY lower(f.title)
SELECT * FROM feeds WHERE id = $1 AND user_id = $2
SELECT f.*, c.title AS category_title FROM feeds f JOIN categories c ON f.category_id = c.id WHERE f.id = $1
SELECT true FROM feeds WHERE user_id = $1 AND feed_url = $2 LIMIT 1
INSERT INTO feeds (user_id, category_id, title, feed_url, site_url, etag, last_modified, crawler) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
INSERT INTO feeds (user_id, category_id, title, feed_url) VALUES ($1, $2, $3, $4), ($1, $2, $5, $6) ON CONFLICT (user_id, feed_url) DO NOTHING RETURNING id, feed_url
INSERT INTO feeds (user_id, category_id, title, feed_url) SELECT $1, $2, d.title, d.feed_url FROM feed_directory d WHERE d.topic = ANY($3::text[]) AND NOT EXISTS (SELECT FROM feeds f WHERE f.user_id = $1 AND f.feed_url = d.feed_url)
UPDATE feeds SET title = $1, category_id = $2, disabled = $3, rules = $4 WHERE id = $5 AND user_id = $6
UPDATE feeds SET etag = $1, last_modified = $2, checked_at = now(), next_check_at = now() + make_interval(mins => $3), error_count = 0, error_message = '' WHERE id = $4
UPDATE feeds SET error_count = error_count + 1, error_message = left($1, 500), disabled = (error_count + 1 >= 20), next_check_at = now() + LEAST(interval '1 day', interval '5 minutes' * power(2, error_count)) WHERE id = $2
SELECT id, feed_url, etag FROM feeds WHERE NOT disabled AND next_check_at <= now() ORDER BY next_check_at LIMIT $1 FOR UPDATE SKIP LOCKED
WITH due AS (SELECT id FROM feeds WHERE next_check_at <= now() AND NOT disabled ORDER BY next_check_at LIMIT 50 FOR UPDATE SKIP LOCKED) UPDATE feeds f SET next_check_at = now() + interval '15 minutes' FROM due WHERE f.id = due.id RETURNING f.id, f.feed_url, f.etag, f.last_modified
UPDATE feeds SET deleted_at = now() WHERE id = ANY($1) AND user_id = $2
DELETE FROM feeds WHERE deleted_at < now() - interval '30 days'
UPDATE feeds f SET unread_count = coalesce(s.n, 0) FROM (SELECT f2.id, count(e.id) AS n FROM feeds f2 LEFT JOIN entries e ON e.feed_id = f2.id AND e.status = 'unread' GROUP BY f2.id) s WHERE s.id = f.id AND f.unread_count <> coalesce(s.n, 0)
SELECT f.id, f.title, max(e.published_at) AS newest FROM feeds f LEFT JOIN entries e ON e.feed_id = f.id WHERE f.user_id = $1 GROUP BY f.id HAVING max(e.published_at) < now() - interval '90 days' OR max(e.published_at) IS NULL
SELECT id, title, error_count, error_message FROM feeds WHERE error_count >= 3 AND user_id = $1 ORDER BY error_count DESC, id
SELECT rule->>'field' AS field, rule->>'pattern' AS pattern FROM feeds f, jsonb_array_elements(f.rules) AS rule WHERE f.id = $1
SELECT d.slug, d.title, d.topic, f.id IS NOT NULL AS subscribed FROM feed_directory d LEFT JOIN feeds f ON f.feed_url = d.feed_url AND f.user_id = $1 WHERE d.language = $2 ORDER BY d.topic, d.title
SELECT topic, count(*), string_agg(title, ', ' ORDER BY title) FROM feed_directory GROUP BY topic
INSERT INTO icons (hash, mime_type, content) VALUES ($1, $2, $3) ON CONFLICT (hash) DO UPDATE SET mime_type = excluded.mime_type RETURNING id
INSERT INTO feed_icons (feed_id, icon_id) VALUES ($1, $2) ON CONFLICT (feed_id) DO UPDATE SET icon_id = excluded.icon_id WHERE feed_icons.icon_id <> excluded.icon_id
DELETE FROM icons WHERE id NOT IN (SELECT icon_id FROM feed_icons)
SELECT i.id, i.mime_type, encode(i.content, 'base64') AS content FROM icons i JOIN feed_icons fi ON fi.icon_id = i.id WHERE fi.feed_id = $1
SELECT name, dark FROM themes ORDER BY name
INSERT INTO themes (id, name, css) VALUES ($1, $2, $3)
-- Entries: lists and pages.
SELECT e.id, e.title, e.url, e.published_at, e.starred, f.title AS feed_title FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.user_id = $1 AND e.status = 'unread' ORDER BY e.published_at DESC, e.id DESC LIMIT $2 OFFSET $3
SELECT e.id, e.title FROM entries e WHERE e.user_id = $1 AND (e.published_at, e.id) < ($2, $3) AND e.status <> 'removed' ORDER BY e.published_at DESC, e.id DESC LIMIT 50
SELECT count(*) FROM entries e LEFT JOIN feeds f ON f.id = e.feed_id LEFT JOIN categories c ON c.id = f.category_id WHERE e.user_id = $1 AND e.status = $2 AND NOT coalesce(c.hide_globally, false)
SELECT e.*, f.title AS feed_title, f.site_url FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.id = $1
SELECT id FROM entries WHERE user_id = $1 AND starred ORDER BY changed_at DESC
SELECT e.id FROM entries e WHERE e.id IN ($1, $2, $3, $4, $5) AND e.user_id = $6
WITH page AS (SELECT id, lag(id) OVER w AS prev_id, lead(id) OVER w AS next_id FROM entries WHERE user_id = $1 AND status = 'unread' WINDOW w AS (ORDER BY published_at DESC, id DESC)) SELECT prev_id, next_id FROM page WHERE id = $2
SELECT * FROM (SELECT e.id, e.feed_id, e.title, row_number() OVER (PARTITION BY e.feed_id ORDER BY e.published_at DESC) AS rank FROM entries e WHERE e.user_id = $1) latest WHERE rank <= 3
SELECT f.title, latest.title, latest.published_at FROM feeds f CROSS JOIN LATERAL (SELECT e.title, e.published_at FROM entries e WHERE e.feed_id = f.id ORDER BY e.published_at DESC LIMIT 3) AS latest WHERE f.user_id = $1
SELECT e.id, e.title, ts_rank(e.search, plainto_tsquery('simple', $2)) AS rank FROM entries e WHERE e.user_id = $1 AND e.search @@ plainto_tsquery('simple', $2) ORDER BY rank DESC LIMIT 50
SELECT e.id, e.title FROM entries e WHERE e.title ILIKE '%' || $1 || '%' OR e.author ILIKE $1 || '%' ORDER BY e.published_at DESC LIMIT 20
SELECT unnest(e.tags) AS tag, count(*) FROM entries e WHERE e.user_id = $1 GROUP BY 1 ORDER BY 2 DESC LIMIT 30
SELECT e.id FROM entries e WHERE e.tags && $1::text[] AND NOT e.tags @> ARRAY['sponsored']
SELECT id, meta->'podcast'->>'episode' AS episode FROM entries WHERE meta @> '{"podcast": {}}' AND (meta->>'duration')::integer > $1
SELECT id, meta FROM entries WHERE meta ? 'podcast' AND meta #>> '{podcast,season}' = $1
SELECT e.id, e.title, coalesce(json_agg(json_build_object('id', l.id, 'name', l.name) ORDER BY l.name) FILTER (WHERE l.id IS NOT NULL), '[]') AS labels FROM entries e LEFT JOIN entry_labels el ON el.entry_id = e.id LEFT JOIN labels l ON l.id = el.label_id WHERE e.user_id = $1 GROUP BY e.id ORDER BY e.published_at DESC LIMIT 100
SELECT json_agg(row_to_json(x)) FROM (SELECT id, title, url FROM entries WHERE user_id = $1 AND starred) x
SELECT row_to_json(e) FROM entries e WHERE e.id = $1
SELECT e.title, e.content FROM entries e WHERE e.share_code = $1
SELECT min(id), max(id) FROM entries WHERE user_id = $1 AND created_at >= date_trunc('day', now())
-- Entries: writes.
INSERT INTO entries (user_id, feed_id, hash, title, url, author, content, published_at, reading_time, tags, search) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, setweight(to_tsvector('simple', left(coalesce($4, ''), 500000)), 'A') || setweight(to_tsvector('simple', left(coalesce($7, ''), 500000)), 'B')) ON CONFLICT (feed_id, hash) DO UPDATE SET title = EXCLUDED.title, content = EXCLUDED.content, changed_at = now() WHERE entries.content IS DISTINCT FROM EXCLUDED.content RETURNING id, (xmax = 0) AS is_new
INSERT INTO entries (user_id, feed_id, hash, title, url, published_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (feed_id, hash) DO UPDATE SET title = EXCLUDED.title, url = EXCLUDED.url RETURNING id, status
INSERT INTO entries (user_id, feed_id, hash, title, url, published_at) SELECT $1, $2, unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), unnest($6::timestamptz[]) ON CONFLICT DO NOTHING
UPDATE entries SET status = $1, changed_at = now() WHERE id = ANY($2) AND user_id = $3
UPDATE entries SET status = 'read', changed_at = now() WHERE id IN ($1, $2, $3) AND status = 'unread' RETURNING id, feed_id
UPDATE entries SET starred = NOT starred, changed_at = now() WHERE id = $1 RETURNING starred
UPDATE entries e SET status = 'read', changed_at = now() FROM feeds f WHERE f.id = e.feed_id AND f.category_id = $1 AND e.status = 'unread' AND e.published_at < $2
UPDATE entries SET share_code = $1 WHERE id = $2 AND (share_code IS NULL OR share_code = '') RETURNING share_code
UPDATE entries SET status = 'removed', content = '' WHERE id IN (SELECT id FROM entries WHERE status = 'read' AND NOT starred AND created_at < now() - interval '60 days' ORDER BY created_at LIMIT 1000)
DELETE FROM entries WHERE feed_id = $1 AND status = 'removed' AND NOT (hash = ANY($2))
DELETE FROM entries e USING feeds f WHERE f.id = e.feed_id AND f.disabled AND e.status = 'read' AND NOT e.starred
WITH marked AS (UPDATE entries SET status = 'read' WHERE user_id = $1 AND status = 'unread' AND feed_id = $2 RETURNING feed_id), n AS (SELECT feed_id, count(*) AS n FROM marked GROUP BY feed_id) UPDATE feeds SET unread_count = greatest(0, unread_count - n.n) FROM n WHERE feeds.id = n.feed_id
WITH moved AS (DELETE FROM enclosures WHERE entry_id = $1 RETURNING url, mime_type, size) INSERT INTO enclosures (entry_id, url, mime_type, size) SELECT $2, url, mime_type, size FROM moved ON CONFLICT (entry_id, url) DO NOTHING
INSERT INTO enclosures (entry_id, url, mime_type, size) VALUES ($1, $2, $3, $4) ON CONFLICT (entry_id, url) DO UPDATE SET size = GREATEST(enclosures.size, EXCLUDED.size)
UPDATE enclosures SET progress = $1 WHERE id = $2 AND entry_id IN (SELECT id FROM entries WHERE user_id = $3)
SELECT en.entry_id, array_agg(en.url ORDER BY en.id) AS urls, sum(en.size) AS bytes FROM enclosures en WHERE en.entry_id = ANY($1::bigint[]) GROUP BY en.entry_id
-- Labels.
INSERT INTO labels (user_id, name, colour) VALUES ($1, $2, $3) ON CONFLICT (user_id, name) DO UPDATE SET colour = EXCLUDED.colour RETURNING *
INSERT INTO entry_labels (entry_id, label_id) SELECT $1, l.id FROM labels l WHERE l.user_id = $2 AND l.name = ANY($3) ON CONFLICT DO NOTHING
DELETE FROM entry_labels el USING labels l WHERE l.id = el.label_id AND el.entry_id = $1 AND l.name <> ALL($2::text[])
SELECT l.name, count(el.entry_id) AS used FROM labels l LEFT JOIN entry_labels el ON el.label_id = l.id WHERE l.user_id = $1 GROUP BY l.id, l.name ORDER BY used DESC, l.name
SELECT e.id FROM entries e WHERE (SELECT count(*) FROM entry_labels el JOIN labels l ON l.id = el.label_id WHERE el.entry_id = e.id AND l.name IN ($1, $2)) = 2
SELECT entry_id FROM entry_labels WHERE label_id = $1 INTERSECT SELECT entry_id FROM entry_labels WHERE label_id = $2 EXCEPT SELECT id FROM entries WHERE status = 'removed'
-- Statistics.
INSERT INTO reading_days (user_id, day, entries_read, seconds) VALUES ($1, current_date, 1, $2) ON CONFLICT (user_id, day) DO UPDATE SET entries_read = reading_days.entries_read + 1, seconds = reading_days.seconds + EXCLUDED.seconds
SELECT d.day::date, coalesce(r.entries_read, 0) AS entries_read FROM generate_series(current_date - 29, current_date, interval '1 day') AS d (day) LEFT JOIN reading_days r ON r.day = d.day::date AND r.user_id = $1 ORDER BY d.day
SELECT day, entries_read, sum(entries_read) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM reading_days WHERE user_id = $1
WITH days AS (SELECT day, day - (row_number() OVER (ORDER BY day))::integer AS grp FROM reading_days WHERE user_id = $1 AND entries_read > 0) SELECT count(*) AS streak, min(day), max(day) FROM days GROUP BY grp ORDER BY streak DESC LIMIT 1
SELECT u.username, r.total, rank() OVER (ORDER BY r.total DESC) FROM users u JOIN (SELECT user_id, sum(entries_read) AS total FROM reading_days WHERE day >= date_trunc('month', current_date) GROUP BY user_id) r ON r.user_id = u.id
SELECT extract(hour FROM e.changed_at)::int AS hour, count(*) FROM entries e WHERE e.status = 'read' AND e.user_id = $1 GROUP BY 1 ORDER BY 1
SELECT coalesce(f.title, 'All') AS feed, e.status, count(*) FROM entries e JOIN feeds f ON f.id = e.feed_id GROUP BY GROUPING SETS ((f.title, e.status), ()) ORDER BY 1, 2
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY reading_time) AS median, avg(reading_time)::numeric(8,2) AS mean FROM entries WHERE user_id = $1
SELECT to_char(date_trunc('week', published_at), 'IYYY-IW') AS week, count(*), count(DISTINCT feed_id) FROM entries WHERE user_id = $1 GROUP BY 1 ORDER BY 1 DESC LIMIT 12
SELECT CASE WHEN reading_time < 2 THEN 'short' WHEN reading_time < 10 THEN 'medium' ELSE 'long' END AS length, count(*) FROM entries GROUP BY 1
SELECT pg_size_pretty(sum(length(content))::bigint) FROM entries WHERE user_id = $1
SELECT reltuples::bigint FROM pg_class WHERE relname = 'entries'
-- The queue and the webhooks.
INSERT INTO jobs (kind, payload, run_at) VALUES ($1, $2, coalesce($3, now())) RETURNING id
UPDATE jobs SET locked_by = $1, locked_at = now(), attempts = attempts + 1 WHERE id = (SELECT id FROM jobs WHERE run_at <= now() AND locked_at IS NULL ORDER BY run_at, id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, kind, payload, attempts
DELETE FROM jobs WHERE id = $1
UPDATE jobs SET locked_by = NULL, locked_at = NULL, last_error = $2, run_at = now() + attempts * interval '30 seconds' WHERE id = $1
SELECT kind, count(*) AS waiting, min(run_at) AS oldest FROM jobs WHERE locked_at IS NULL GROUP BY kind
SELECT pg_notify('jobs', $1)
SELECT pg_try_advisory_xact_lock(hashtext($1))
SELECT w.id, w.url, w.secret FROM webhooks w WHERE w.active AND $1 = ANY(w.events)
INSERT INTO webhook_deliveries (webhook_id, status, request, response) VALUES ($1, $2, $3, left($4, 2000))
SELECT w.url, d.status, d.delivered_at FROM webhooks w JOIN LATERAL (SELECT status, delivered_at FROM webhook_deliveries d WHERE d.webhook_id = w.id ORDER BY delivered_at DESC LIMIT 1) d ON true WHERE d.status >= 400
MERGE INTO webhooks w USING (SELECT $1::bigint AS id, $2::text AS url, $3::text AS secret) AS s ON w.id = s.id WHEN MATCHED THEN UPDATE SET url = s.url WHEN NOT MATCHED THEN INSERT (url, secret) VALUES (s.url, s.secret)
