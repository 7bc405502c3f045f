-- Agents and teams.
SELECT id, name, email, role, team_id FROM agents WHERE email = ? AND deleted_at IS NULL LIMIT 1
SELECT a.*, t.name AS team_name FROM agents a LEFT JOIN teams t ON t.id = a.team_id WHERE a.deleted_at IS NULL ORDER BY a.name
SELECT a.id, a.name, l.name AS locale_name, JSON_UNQUOTE(JSON_EXTRACT(a.preferences, '$.theme')) AS theme FROM agents a JOIN locales l ON l.code = a.locale WHERE a.id = ?
SELECT t.id, t.name, COUNT(a.id) AS members FROM teams t LEFT JOIN agents a ON a.team_id = t.id AND a.deleted_at IS NULL GROUP BY t.id, t.name HAVING members > 0
SELECT `id`, `name` FROM `agents` WHERE `team_id` IN (?, ?, ?) AND `deleted_at` IS NULL ORDER BY `open_tickets` ASC, `last_seen_at` DESC LIMIT 1
INSERT INTO agents (team_id, name, email, role, preferences) VALUES (?, ?, ?, 'agent', JSON_OBJECT('theme', 'light', 'signature', ?))
INSERT INTO teams (id, name, email) SELECT COALESCE(MAX(id), 0) + 1, ?, ? FROM teams
UPDATE agents SET last_seen_at = NOW() WHERE id = ? AND (last_seen_at IS NULL OR last_seen_at < NOW() - INTERVAL 1 MINUTE)
UPDATE agents SET preferences = JSON_SET(COALESCE(preferences, '{}'), '$.theme', ?) WHERE id = ?
UPDATE agents a LEFT JOIN (SELECT assignee_id, COUNT(*) AS n FROM tickets WHERE status IN ('new', 'open') GROUP BY assignee_id) c ON c.assignee_id = a.id SET a.open_tickets = COALESCE(c.n, 0)
UPDATE agents SET deleted_at = NOW(), email = CONCAT('deleted-', id, '-', email) WHERE id = ?
SELECT LAST_INSERT_ID()
-- Customers.
SELECT * FROM customers WHERE email = ?
SELECT c.id, c.name, o.name AS organisation, o.plan FROM customers c LEFT JOIN organisations o ON c.organisation_id = o.id WHERE c.name LIKE CONCAT('%', ?, '%') OR c.email LIKE CONCAT(?, '%') ORDER BY c.name LIMIT 20
INSERT INTO customers (name, email) VALUES (?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name)
INSERT INTO customers (name, email, phone) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), phone = COALESCE(VALUES(phone), phone)
INSERT IGNORE INTO customers (name, email, organisation_id) VALUES (?, ?, ?), (?, ?, ?)
UPDATE customers c JOIN organisations o ON o.domain = SUBSTRING_INDEX(c.email, '@', -1) SET c.organisation_id = o.id WHERE c.organisation_id IS NULL
UPDATE customers SET blocked = 1 WHERE id = ? LIMIT 1
SELECT c.email, COUNT(*) AS tickets, SUM(t.status = 'open') AS open_tickets, MAX(t.created_at) AS latest FROM customers c JOIN tickets t ON t.customer_id = c.id GROUP BY c.id, c.email ORDER BY tickets DESC LIMIT 10
SELECT o.id, o.name, (SELECT COUNT(*) FROM customers c WHERE c.organisation_id = o.id) AS people, (SELECT COUNT(*) FROM tickets t JOIN customers c ON c.id = t.customer_id WHERE c.organisation_id = o.id AND t.status <> 'closed') AS tickets FROM organisations o
SELECT id FROM customers WHERE JSON_EXTRACT(custom, '$.vip') = true AND blocked = 0
SELECT id, JSON_VALUE(custom, '$.crm.id') AS crm_id FROM customers WHERE JSON_CONTAINS(custom, '"beta"', '$.flags')
DELETE FROM customers WHERE NOT EXISTS (SELECT 1 FROM tickets t WHERE t.customer_id = customers.id) AND created_at < NOW() - INTERVAL 1 YEAR LIMIT 500
INSERT INTO organisations (id, name, domain) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE name = VALUES(name), domain = VALUES(domain)
REPLACE INTO organisations (id, name, domain, plan) VALUES (?, ?, ?, ?)
DELETE o FROM organisations o LEFT JOIN customers c ON c.organisation_id = o.id WHERE c.id IS NULL
-- Tickets: lists, search, pages.
SELECT t.id, t.number, t.subject, t.status, c.name AS customer, a.name AS assignee, p.name AS priority FROM tickets t INNER JOIN customers c ON c.id = t.customer_id LEFT JOIN agents a ON a.id = t.assignee_id INNER JOIN priorities p ON p.id = t.priority_id WHERE t.status IN ('new', 'open') AND t.deleted_at IS NULL ORDER BY t.priority_id DESC, t.updated_at ASC LIMIT 25 OFFSET 50
SELECT * FROM tickets WHERE number = ?
SELECT t.*, c.name AS customer_name, c.email AS customer_email FROM tickets t JOIN customers c ON c.id = t.customer_id WHERE t.id = ? AND t.deleted_at IS NULL
SELECT id, number, subject FROM tickets WHERE (updated_at < ? OR (updated_at = ? AND id < ?)) AND status <> 'closed' ORDER BY updated_at DESC, id DESC LIMIT 51
SELECT SQL_CALC_FOUND_ROWS id, number, subject FROM tickets WHERE team_id = ? ORDER BY id DESC LIMIT 0, 20
SELECT FOUND_ROWS()
SELECT COUNT(*) FROM tickets t WHERE t.assignee_id = ? AND t.status = 'open'
SELECT status, COUNT(*) AS n FROM tickets WHERE deleted_at IS NULL GROUP BY status WITH ROLLUP
SELECT t.id FROM tickets t USE INDEX (tickets_status) WHERE t.status = 'pending' AND t.updated_at < NOW() - INTERVAL 7 DAY
SELECT t.id, t.number, t.subject, MATCH (t.subject) AGAINST (? IN BOOLEAN MODE) AS score FROM tickets t WHERE MATCH (t.subject) AGAINST (? IN BOOLEAN MODE) ORDER BY score DESC LIMIT 20
SELECT t.id, t.number FROM tickets t WHERE t.subject LIKE ? OR EXISTS (SELECT 1 FROM messages m WHERE m.ticket_id = t.id AND m.body LIKE ?) ORDER BY t.updated_at DESC LIMIT 20
SELECT t.number, t.subject FROM tickets t JOIN ticket_tags x ON x.ticket_id = t.id WHERE x.tag IN (?, ?) GROUP BY t.id, t.number, t.subject HAVING COUNT(DISTINCT x.tag) = 2
SELECT t.id, GROUP_CONCAT(tt.tag ORDER BY tt.tag SEPARATOR ', ') AS tags FROM tickets t LEFT JOIN ticket_tags tt ON tt.ticket_id = t.id WHERE t.id IN (?, ?, ?, ?) GROUP BY t.id
SELECT IFNULL(a.name, '(nobody)') AS assignee, t.status, COUNT(*) FROM tickets t LEFT JOIN agents a ON t.assignee_id = a.id GROUP BY assignee, t.status
SELECT t.id, t.due_at, TIMESTAMPDIFF(MINUTE, NOW(), t.due_at) AS minutes_left FROM tickets t WHERE t.due_at IS NOT NULL AND t.status NOT IN ('solved', 'closed') ORDER BY t.due_at
SELECT t.number FROM tickets t STRAIGHT_JOIN customers c ON c.id = t.customer_id WHERE c.email = ?
SELECT parent.number, GROUP_CONCAT(child.number) AS merged FROM tickets parent JOIN tickets child ON child.parent_id = parent.id GROUP BY parent.id, parent.number
WITH RECURSIVE chain (id, parent_id, depth) AS (SELECT id, parent_id, 0 FROM tickets WHERE id = ? UNION ALL SELECT t.id, t.parent_id, chain.depth + 1 FROM tickets t JOIN chain ON t.id = chain.parent_id) SELECT id, depth FROM chain ORDER BY depth DESC
SELECT t.id, (SELECT m.body FROM messages m WHERE m.ticket_id = t.id ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS last_message FROM tickets t WHERE t.assignee_id = ? ORDER BY t.updated_at DESC LIMIT 50
(SELECT id, 'ticket' AS kind, subject AS label FROM tickets WHERE subject LIKE ? LIMIT 5) UNION ALL (SELECT id, 'customer', name FROM customers WHERE name LIKE ? LIMIT 5) ORDER BY label
SELECT JSON_ARRAYAGG(JSON_OBJECT('number', number, 'subject', subject)) FROM tickets WHERE customer_id = ?
-- Tickets: writes.
UPDATE counters SET value = LAST_INSERT_ID(value + 1) WHERE name = 'ticket_number'
UPDATE counters SET value = value + 1 WHERE name = ?
SELECT value FROM counters WHERE name = ? FOR UPDATE
INSERT INTO counters (name, value) VALUES (?, 1) ON DUPLICATE KEY UPDATE value = value + 1
INSERT INTO tickets (number, customer_id, team_id, subject, priority_id, channel, due_at) VALUES (?, ?, ?, ?, ?, ?, NOW() + INTERVAL ? MINUTE)
INSERT INTO tickets SET number = ?, customer_id = ?, subject = ?, status = 'new'
INSERT INTO tickets (number, customer_id, subject, due_at) SELECT ?, ?, ?, NOW() + INTERVAL p.first_reply_minutes MINUTE FROM priorities p WHERE p.id = ?
INSERT INTO tickets (number, customer_id, subject) VALUES (?, ?, ?) RETURNING id, number
UPDATE tickets SET assignee_id = ?, status = IF(status = 'new', 'open', status), version = version + 1 WHERE id = ? AND version = ?
UPDATE tickets SET status = 'solved', solved_at = NOW() WHERE id IN (?, ?, ?) AND status <> 'closed'
UPDATE tickets SET status = 'closed' WHERE status = 'solved' AND solved_at < NOW() - INTERVAL 4 DAY ORDER BY solved_at LIMIT 200
UPDATE tickets t JOIN agents a ON a.id = t.assignee_id SET t.assignee_id = NULL, t.team_id = COALESCE(t.team_id, a.team_id) WHERE a.deleted_at IS NOT NULL AND t.status <> 'closed'
UPDATE tickets t, messages m SET t.first_reply_at = m.created_at WHERE m.ticket_id = t.id AND m.author_type = 'agent' AND m.internal = 0 AND t.first_reply_at IS NULL
UPDATE tickets SET custom = JSON_MERGE_PATCH(COALESCE(custom, '{}'), ?) WHERE id = ?
UPDATE tickets SET message_count = (SELECT COUNT(*) FROM messages m WHERE m.ticket_id = tickets.id) WHERE id = ?
UPDATE tickets SET priority_id = LEAST(priority_id + 1, 4) WHERE due_at < NOW() AND status IN ('new', 'open')
UPDATE tickets SET priority_id = CASE id WHEN ? THEN 1 WHEN ? THEN 3 ELSE priority_id END WHERE id IN (?, ?)
UPDATE tickets SET deleted_at = NOW() WHERE id = ?
DELETE FROM tickets WHERE deleted_at < NOW() - INTERVAL 30 DAY
SELECT id FROM tickets WHERE status = 'new' AND assignee_id IS NULL ORDER BY priority_id DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED
SELECT id, version FROM tickets WHERE id = ? LOCK IN SHARE MODE
SELECT GET_LOCK('ticket-merge', 5)
SET @n := 0
-- Messages and attachments.
SELECT m.id, m.body, m.author_type, CASE m.author_type WHEN 'agent' THEN a.name WHEN 'customer' THEN c.name ELSE 'System' END AS author FROM messages m LEFT JOIN agents a ON m.author_type = 'agent' AND a.id = m.author_id LEFT JOIN customers c ON m.author_type = 'customer' AND c.id = m.author_id WHERE m.ticket_id = ? ORDER BY m.created_at, m.id
INSERT INTO messages (ticket_id, author_type, author_id, internal, body, headers) VALUES (?, ?, ?, ?, ?, ?)
INSERT INTO messages (ticket_id, author_type, body) SELECT t.id, 'system', CONCAT('Merged into #', p.number) FROM tickets t JOIN tickets p ON p.id = t.parent_id WHERE t.parent_id = ?
UPDATE messages SET ticket_id = ? WHERE ticket_id = ?
SELECT m.ticket_id, MIN(m.created_at) AS first_reply FROM messages m WHERE m.author_type = 'agent' AND NOT m.internal GROUP BY m.ticket_id
SELECT id, ticket_id FROM messages WHERE MATCH (body) AGAINST (?)
SELECT ticket_id, COUNT(*) FROM messages WHERE body REGEXP ? GROUP BY ticket_id
SELECT a.filename, a.size, a.storage_key FROM attachments a JOIN messages m ON m.id = a.message_id WHERE m.ticket_id = ?
INSERT INTO attachments (message_id, filename, size, storage_key) VALUES (?, ?, ?, UUID()), (?, ?, ?, UUID())
INSERT INTO attachments (message_id, filename, size, storage_key) VALUES (?, ?, ?, ?)
DELETE a FROM attachments a JOIN messages m ON m.id = a.message_id JOIN tickets t ON t.id = m.ticket_id WHERE t.status = 'closed' AND t.solved_at < NOW() - INTERVAL 2 YEAR
SELECT SUM(size) DIV 1048576 AS megabytes FROM attachments
-- Tags and watchers.
INSERT INTO tags (name, used) VALUES (LOWER(?), 1) ON DUPLICATE KEY UPDATE used = used + 1
INSERT IGNORE INTO ticket_tags (ticket_id, tag) VALUES (?, ?), (?, ?), (?, ?)
INSERT INTO ticket_tags (ticket_id, tag) SELECT ?, name FROM tags WHERE name IN (?, ?) ON DUPLICATE KEY UPDATE tag = VALUES(tag)
DELETE FROM ticket_tags WHERE ticket_id = ? AND tag NOT IN (?, ?)
UPDATE tags SET used = (SELECT COUNT(*) FROM ticket_tags WHERE ticket_tags.tag = tags.name)
DELETE FROM tags WHERE name NOT IN (SELECT tag FROM ticket_tags)
SELECT a.name, a.email FROM watchers w JOIN agents a ON w.agent_id = a.id WHERE w.ticket_id = ?
INSERT INTO watchers (ticket_id, agent_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE agent_id = agent_id
SELECT COUNT(*) > 0 AS watching FROM watchers WHERE ticket_id = ? AND agent_id = ?
-- Macros, settings.
SELECT code, title, body, actions FROM macros ORDER BY title
SELECT body FROM macros WHERE code = ?
INSERT INTO macros (code, title, body, actions) VALUES (?, ?, ?, ?)
UPDATE macros SET title = ?, body = ? WHERE code = ?
SELECT name, value FROM settings
REPLACE INTO settings (name, value) VALUES (?, ?)
INSERT INTO settings (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)
-- Reports.
SELECT DATE(created_at) AS day, COUNT(*) AS created, SUM(CASE WHEN solved_at IS NOT NULL THEN 1 ELSE 0 END) AS solved FROM tickets WHERE created_at >= CURDATE() - INTERVAL 30 DAY GROUP BY DATE(created_at) ORDER BY day
SELECT DATE_FORMAT(t.created_at, '%Y-%m') AS month, AVG(TIMESTAMPDIFF(MINUTE, t.created_at, t.first_reply_at)) AS first_reply, STDDEV_SAMP(TIMESTAMPDIFF(MINUTE, t.created_at, t.first_reply_at)) AS spread FROM tickets t WHERE t.first_reply_at IS NOT NULL GROUP BY month
SELECT a.name, COUNT(t.id) AS solved, RANK() OVER (ORDER BY COUNT(t.id) DESC) AS place FROM agents a LEFT JOIN tickets t ON t.assignee_id = a.id AND t.solved_at >= ? GROUP BY a.id, a.name
WITH per_day AS (SELECT DATE(solved_at) AS day, COUNT(*) AS n FROM tickets WHERE solved_at IS NOT NULL GROUP BY DATE(solved_at)) SELECT day, n, SUM(n) OVER (ORDER BY day) AS total, AVG(n) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM per_day
SELECT ROUND(AVG(s.score), 2) AS score, COUNT(*) AS answers, SUM(s.score >= 4) / COUNT(*) AS happy FROM satisfaction s JOIN tickets t ON t.id = s.ticket_id WHERE t.team_id = ? AND s.created_at BETWEEN ? AND ?
SELECT p.name, COUNT(t.id) AS n, SUM(t.first_reply_at > t.created_at + INTERVAL p.first_reply_minutes MINUTE) AS late FROM priorities p LEFT JOIN tickets t ON t.priority_id = p.id AND t.created_at >= ? GROUP BY p.id, p.name ORDER BY p.id
SELECT te.agent_id, SUM(te.minutes) AS minutes, o.name FROM time_entries te JOIN tickets t ON t.id = te.ticket_id JOIN customers c ON c.id = t.customer_id JOIN organisations o ON o.id = c.organisation_id WHERE te.day BETWEEN ? AND LAST_DAY(?) GROUP BY te.agent_id, o.id, o.name
SELECT HOUR(created_at) AS hour, DAYOFWEEK(created_at) AS weekday, COUNT(*) AS n FROM messages WHERE author_type = 'customer' GROUP BY hour, weekday
SELECT x.team, x.n FROM (SELECT tm.name AS team, COUNT(*) AS n FROM tickets t JOIN teams tm ON tm.id = t.team_id WHERE t.status = 'open' GROUP BY tm.id, tm.name) AS x WHERE x.n > (SELECT AVG(open_tickets) FROM agents)
INSERT INTO time_entries (ticket_id, agent_id, day, minutes) VALUES (?, ?, CURDATE(), ?) ON DUPLICATE KEY UPDATE minutes = minutes + VALUES(minutes)
INSERT INTO satisfaction (ticket_id, score, comment) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE score = VALUES(score), comment = VALUES(comment), created_at = NOW()
SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = DATABASE()
-- Audit and mail.
INSERT INTO audit_events (ticket_id, actor, action, changes) VALUES (?, ?, ?, ?)
SELECT action, changes, created_at FROM audit_events WHERE ticket_id = ? ORDER BY id DESC LIMIT ?
SELECT e.id, e.action, j.field, j.old_value FROM audit_events e, JSON_TABLE(e.changes, '$[*]' COLUMNS (field varchar(60) PATH '$.field', old_value varchar(255) PATH '$.old')) AS j WHERE e.ticket_id = ?
DELETE FROM audit_events WHERE created_at < NOW() - INTERVAL 2 YEAR ORDER BY id LIMIT 10000
SELECT id, recipient, subject, body FROM outbox WHERE sent_at IS NULL AND send_after <= NOW() AND attempts < 5 ORDER BY send_after LIMIT 10 FOR UPDATE SKIP LOCKED
UPDATE outbox SET attempts = attempts + 1, send_after = NOW() + INTERVAL POW(2, attempts) MINUTE WHERE id = ?
UPDATE outbox SET sent_at = NOW() WHERE id = ?
INSERT INTO outbox (recipient, subject, body) SELECT a.email, CONCAT('[#', t.number, '] ', t.subject), ? FROM watchers w JOIN agents a ON a.id = w.agent_id JOIN tickets t ON t.id = w.ticket_id WHERE w.ticket_id = ? AND a.id <> ?
