-- The catalogue.
SELECT id, sku, name, price FROM products WHERE active = 1 AND deleted_at IS NULL ORDER BY name LIMIT ? OFFSET ?
SELECT * FROM products WHERE sku = ?
SELECT p.*, c.name AS category_name, c.slug AS category_slug FROM products p LEFT JOIN categories c ON c.id = p.category_id WHERE p.id = ?1
SELECT p.id, p.name, p.price, round(1.0 * p.rating_sum / nullif(p.rating_count, 0), 1) AS rating FROM products p WHERE p.category_id IN (SELECT id FROM categories WHERE slug = :slug OR parent_id = (SELECT id FROM categories WHERE slug = :slug)) AND p.active ORDER BY rating DESC NULLS LAST
SELECT id, name FROM products WHERE id IN (?, ?, ?, ?) AND active = 1
SELECT p.id, p.name, p.price FROM products p WHERE (p.name, p.id) > (?, ?) AND p.active = 1 ORDER BY p.name, p.id LIMIT 24
SELECT id, name, price FROM products WHERE name LIKE '%' || ? || '%' OR description LIKE '%' || ? || '%' OR sku = upper(?) ORDER BY CASE WHEN sku = upper(?) THEN 0 WHEN name LIKE ? || '%' THEN 1 ELSE 2 END, name LIMIT 20
SELECT id, name, json_extract(attributes, '$.colour') AS colour FROM products WHERE json_extract(attributes, '$.size') IN ('M', 'L')
SELECT p.id, a.key, a.value FROM products p, json_each(p.attributes) a WHERE p.id = ?
SELECT id, attributes ->> '$.weight' AS weight FROM products WHERE attributes -> '$.dimensions' IS NOT NULL
SELECT p.name, group_concat(t.tag, ', ') AS tags FROM products p LEFT JOIN product_tags t ON t.product_id = p.id GROUP BY p.id
SELECT p.id, p.name FROM products p WHERE EXISTS (SELECT 1 FROM product_tags t WHERE t.product_id = p.id AND t.tag = ?) AND NOT EXISTS (SELECT 1 FROM product_tags t WHERE t.product_id = p.id AND t.tag = 'hidden')
SELECT product_id FROM product_tags WHERE tag = 'sale' INTERSECT SELECT product_id FROM product_tags WHERE tag = 'new' EXCEPT SELECT id FROM products WHERE stock = 0
SELECT tag, count(*) AS n FROM product_tags GROUP BY tag HAVING n > 2 ORDER BY n DESC, tag
SELECT p.id, p.name, v.rate, round(p.price * (1 + v.rate)) AS gross FROM products p JOIN vat_rates v ON v.category = p.vat_category AND v.country = ? WHERE p.active = 1
SELECT min(price) AS cheapest, max(price) AS dearest, avg(price) AS mean, count(*) AS n FROM products WHERE active = 1
SELECT p.sku, p.price, h.price AS old_price FROM products p JOIN price_history h ON h.product_id = p.id AND h.valid_from = (SELECT max(valid_from) FROM price_history WHERE product_id = p.id AND valid_from < date('now', '-30 days'))
SELECT product_id, valid_from, price, price - lag(price) OVER (PARTITION BY product_id ORDER BY valid_from) AS change FROM price_history WHERE product_id = ?
SELECT other.product_id, count(*) AS together FROM order_lines mine JOIN order_lines other ON other.order_id = mine.order_id AND other.product_id <> mine.product_id WHERE mine.product_id = ? GROUP BY other.product_id ORDER BY together DESC LIMIT 5
SELECT * FROM (SELECT p.id, p.category_id, p.name, row_number() OVER (PARTITION BY p.category_id ORDER BY p.created_at DESC) AS n FROM products p) WHERE n <= 4
INSERT INTO products (sku, category_id, name, price, attributes) VALUES (?, ?, ?, ?, json_object('colour', ?, 'size', ?))
INSERT INTO products (sku, name, price, stock) VALUES (?, ?, ?, ?) ON CONFLICT (sku) DO UPDATE SET name = excluded.name, price = excluded.price, stock = excluded.stock RETURNING id
INSERT OR IGNORE INTO product_tags (product_id, tag) VALUES (?, ?), (?, ?)
INSERT INTO price_history (product_id, valid_from, price) SELECT id, date('now'), price FROM products WHERE id = ? ON CONFLICT (product_id, valid_from) DO UPDATE SET price = excluded.price
INSERT OR REPLACE INTO product_tags (product_id, tag) SELECT id, 'clearance' FROM products WHERE stock BETWEEN 1 AND 5
UPDATE products SET price = ?, attributes = json_set(attributes, '$.priced_at', datetime('now')) WHERE id = ?
UPDATE products SET price = CAST(price * 0.9 AS INTEGER) WHERE category_id = ? AND id IN (SELECT product_id FROM product_tags WHERE tag = 'sale')
UPDATE products SET deleted_at = CURRENT_TIMESTAMP, active = 0 WHERE id = ? RETURNING sku
UPDATE products SET rating_sum = r.stars, rating_count = r.n FROM (SELECT product_id, sum(stars) AS stars, count(*) AS n FROM reviews WHERE approved = 1 GROUP BY product_id) AS r WHERE r.product_id = products.id
DELETE FROM product_tags WHERE product_id = ? AND tag NOT IN (?, ?, ?)
DELETE FROM products WHERE deleted_at < datetime('now', '-1 year') AND id NOT IN (SELECT product_id FROM order_lines)
-- Categories.
WITH RECURSIVE tree (id, name, depth, path) AS (SELECT id, name, 0, name FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.id, c.name, tree.depth + 1, tree.path || ' > ' || c.name FROM categories c JOIN tree ON c.parent_id = tree.id ORDER BY 3 DESC) SELECT id, substr('..........', 1, depth * 2) || name AS label FROM tree
WITH RECURSIVE up AS (SELECT id, parent_id, name FROM categories WHERE id = ? UNION SELECT c.id, c.parent_id, c.name FROM categories c, up WHERE c.id = up.parent_id) SELECT name FROM up
SELECT c.slug, c.name, count(p.id) AS products FROM categories c LEFT JOIN products p ON p.category_id = c.id AND p.active = 1 GROUP BY c.id, c.slug, c.name ORDER BY c.position
INSERT INTO categories (id, parent_id, slug, name, position) SELECT coalesce(max(id), 0) + 1, ?, ?, ?, coalesce(max(position), 0) + 1 FROM categories
UPDATE categories SET position = CASE id WHEN ? THEN 1 WHEN ? THEN 2 WHEN ? THEN 3 ELSE position END
DELETE FROM categories WHERE id = ? AND NOT EXISTS (SELECT * FROM products WHERE category_id = categories.id)
-- Customers.
SELECT id, email, name, points FROM customers WHERE email = ? AND deleted_at IS NULL
SELECT c.*, k.name AS country_name, a.city FROM customers AS c LEFT JOIN countries AS k ON k.code = c.country LEFT JOIN addresses AS a ON a.customer_id = c.id AND a.kind = 'billing' WHERE c.id = ?
INSERT INTO customers (email, name) VALUES (lower(trim(?)), ?) ON CONFLICT (email) DO UPDATE SET name = coalesce(nullif(excluded.name, ''), customers.name) RETURNING id
INSERT INTO customers (email) VALUES (?) ON CONFLICT DO NOTHING
SELECT last_insert_rowid()
INSERT INTO addresses (customer_id, kind, street, city, postcode) VALUES (?, ?, ?, ?, ?) ON CONFLICT (customer_id, kind) DO UPDATE SET street = excluded.street, city = excluded.city, postcode = excluded.postcode
REPLACE INTO addresses (customer_id, kind, street, city, postcode) SELECT customer_id, 'shipping', street, city, postcode FROM addresses WHERE customer_id = ? AND kind = 'billing'
UPDATE customers SET points = points + (SELECT coalesce(sum(total), 0) / 100 FROM orders WHERE customer_id = customers.id AND paid_at >= date('now', 'start of month'))
UPDATE customers SET email = 'deleted-' || id || '@example.invalid', name = '', deleted_at = datetime('now') WHERE id = ?
SELECT c.id, c.email, count(o.id) AS orders, coalesce(sum(o.total), 0) AS spent, ntile(10) OVER (ORDER BY coalesce(sum(o.total), 0) DESC) AS decile FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status <> 'cancelled' GROUP BY c.id
SELECT email FROM customers WHERE newsletter = 1 AND country IN (SELECT code FROM countries WHERE eu = 1) AND email GLOB '*@*'
SELECT co.name, count(*) FROM customers c JOIN countries co ON co.code = c.country GROUP BY co.code ORDER BY 2 DESC
SELECT count(*) FROM customers WHERE created_at >= ? AND created_at < date(?, '+1 day')
-- Carts.
SELECT c.token, c.coupon, sum(i.quantity * p.price) AS subtotal, sum(i.quantity) AS items FROM carts c JOIN cart_items i ON i.cart_token = c.token JOIN products p ON p.id = i.product_id WHERE c.token = ? GROUP BY c.token
SELECT i.product_id, p.name, i.quantity, p.price, p.stock - p.reserved >= i.quantity AS available FROM cart_items i JOIN products p ON p.id = i.product_id WHERE i.cart_token = ? ORDER BY i.added_at
INSERT INTO carts (token, customer_id) VALUES (lower(hex(randomblob(16))), ?) RETURNING token
INSERT INTO cart_items (cart_token, product_id, quantity) VALUES (?, ?, ?) ON CONFLICT (cart_token, product_id) DO UPDATE SET quantity = quantity + excluded.quantity
UPDATE cart_items SET quantity = max(1, quantity - 1) WHERE cart_token = ? AND product_id = ?
UPDATE carts SET coupon = (SELECT code FROM coupons WHERE code = upper(?) AND (valid_until IS NULL OR valid_until >= date('now')) AND (max_uses IS NULL OR used < max_uses)), updated_at = CURRENT_TIMESTAMP WHERE token = ?
UPDATE OR REPLACE cart_items SET cart_token = ? WHERE cart_token = ?
DELETE FROM cart_items WHERE cart_token = ? AND product_id IN (SELECT id FROM products WHERE active = 0)
DELETE FROM carts WHERE updated_at < datetime('now', '-30 days') AND customer_id IS NULL RETURNING token
SELECT count(DISTINCT token) FILTER (WHERE updated_at > datetime('now', '-1 hour')) AS live, count(*) AS everything FROM carts
-- Orders.
INSERT INTO orders (number, customer_id, total, coupon) SELECT ?, c.customer_id, sum(i.quantity * p.price), c.coupon FROM carts c JOIN cart_items i ON i.cart_token = c.token JOIN products p ON p.id = i.product_id WHERE c.token = ? GROUP BY c.token RETURNING id, total
INSERT INTO order_lines (order_id, product_id, quantity, unit_price) SELECT ?, i.product_id, i.quantity, p.price FROM cart_items i JOIN products p ON p.id = i.product_id WHERE i.cart_token = ?
INSERT INTO order_lines (order_id, product_id, quantity, unit_price, vat_rate) VALUES (?, ?, ?, ?, coalesce((SELECT rate FROM vat_rates WHERE country = ? AND category = 'standard'), 0))
UPDATE counters SET value = value + 1 WHERE name = 'order_number' RETURNING value
INSERT INTO counters (name, value) VALUES ('order_number', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING printf('%06d', value)
UPDATE products SET reserved = reserved + ? WHERE id = ? AND stock - reserved >= ?
UPDATE products SET stock = stock - l.quantity, reserved = reserved - l.quantity FROM order_lines l WHERE l.product_id = products.id AND l.order_id = ?
UPDATE coupons SET used = used + 1 WHERE code = ? AND (max_uses IS NULL OR used < max_uses)
SELECT o.id, o.number, o.status, o.total, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status IN ('new', 'paid') ORDER BY o.placed_at DESC, o.id DESC LIMIT 50
SELECT o.*, json_group_array(json_object('sku', p.sku, 'quantity', l.quantity, 'price', l.unit_price)) AS lines FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id WHERE o.number = ? GROUP BY o.id
SELECT o.number, o.placed_at, (SELECT sum(quantity) FROM order_lines WHERE order_id = o.id) AS items FROM orders o WHERE o.customer_id = ? AND o.placed_at < ? ORDER BY o.placed_at DESC LIMIT 10
SELECT o.id, o.total, coalesce(sum(pm.amount) FILTER (WHERE pm.status = 'captured'), 0) AS paid FROM orders o LEFT JOIN payments pm ON pm.order_id = o.id GROUP BY o.id HAVING paid < o.total
UPDATE orders SET status = 'paid', paid_at = CURRENT_TIMESTAMP WHERE id = ? AND status = 'new' AND total <= (SELECT sum(amount) FROM payments WHERE order_id = orders.id AND status = 'captured')
UPDATE orders SET status = 'shipped', shipped_at = CURRENT_TIMESTAMP, shipping = json_patch(shipping, ?) WHERE id IN (?, ?, ?) AND status = 'paid' RETURNING id, number
UPDATE orders AS o SET total = s.total FROM (SELECT order_id, sum(quantity * unit_price) AS total FROM order_lines GROUP BY order_id) AS s WHERE s.order_id = o.id AND o.total <> s.total
UPDATE orders SET status = 'cancelled' WHERE status = 'new' AND placed_at < datetime('now', '-3 days')
DELETE FROM orders WHERE status = 'cancelled' AND placed_at < datetime('now', '-2 years')
SELECT EXISTS (SELECT 1 FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.customer_id = ? AND l.product_id = ? AND o.status = 'shipped') AS may_review
-- Payments.
INSERT INTO payments (order_id, provider, reference, amount, raw) VALUES (?, ?, ?, ?, json(?))
INSERT INTO payments (order_id, provider, reference, amount) VALUES (?, ?, ?, ?) ON CONFLICT (reference) DO UPDATE SET status = excluded.status
UPDATE payments SET status = ?, raw = json(?) WHERE reference = ? RETURNING order_id
SELECT provider, status, count(*), sum(amount) FROM payments WHERE created_at >= date('now', '-7 days') GROUP BY provider, status
SELECT p.reference, p.amount, o.number FROM payments p LEFT OUTER JOIN orders o ON p.order_id = o.id WHERE p.status = 'pending' AND julianday('now') - julianday(p.created_at) > 1
-- Stock.
INSERT INTO stock_moves (product_id, delta, reason) VALUES (?, ?, ?)
SELECT m.moved_at, m.delta, m.reason, sum(m.delta) OVER (PARTITION BY m.product_id ORDER BY m.id) AS balance FROM stock_moves m WHERE m.product_id = ?
SELECT p.sku, p.stock, coalesce(sum(m.delta), 0) AS counted FROM products p LEFT JOIN stock_moves m ON m.product_id = p.id GROUP BY p.id, p.sku, p.stock HAVING p.stock <> counted
WITH sold AS (SELECT l.product_id, sum(l.quantity) AS n FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.placed_at >= date('now', '-28 days') GROUP BY l.product_id) SELECT p.sku, p.stock, sold.n / 28.0 AS a_day, p.stock * 28.0 / sold.n AS days_left FROM sold JOIN products p ON p.id = sold.product_id WHERE days_left < 14 ORDER BY days_left
WITH low AS MATERIALIZED (SELECT id FROM products WHERE stock - reserved < 5 AND active = 1) SELECT p.sku, p.name FROM low CROSS JOIN products p ON p.id = low.id
-- Reviews.
INSERT INTO reviews (product_id, customer_id, stars, body) VALUES (?, ?, ?, ?) ON CONFLICT (product_id, customer_id) DO UPDATE SET stars = excluded.stars, body = excluded.body, approved = 0
SELECT r.stars, r.body, iif(c.name = '', 'Anonymous', c.name) AS author FROM reviews r JOIN customers c ON c.id = r.customer_id WHERE r.product_id = ? AND r.approved = 1 ORDER BY r.created_at DESC LIMIT 10
SELECT stars, count(*) AS n, round(100.0 * count(*) / sum(count(*)) OVER ()) AS percent FROM reviews WHERE product_id = ? GROUP BY stars
UPDATE reviews SET approved = 1 WHERE (product_id, customer_id) IN (VALUES (?, ?), (?, ?))
-- Reports.
SELECT strftime('%Y-%m', placed_at) AS month, count(*) AS orders, sum(total) AS revenue, sum(sum(total)) OVER (ORDER BY strftime('%Y-%m', placed_at)) AS running FROM orders WHERE status <> 'cancelled' GROUP BY month
SELECT p.name, sum(l.quantity) AS sold, rank() OVER (ORDER BY sum(l.quantity * l.unit_price) DESC) AS place FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.id ORDER BY place LIMIT 10
SELECT co.name AS country, v.category, sum(l.quantity * l.unit_price * v.rate) AS vat FROM orders o JOIN customers c ON c.id = o.customer_id JOIN countries co ON co.code = c.country JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id JOIN vat_rates v ON v.country = co.code AND v.category = p.vat_category WHERE o.paid_at BETWEEN ? AND ? GROUP BY co.name, v.category
SELECT o.coupon, count(*) AS orders, cp.percent FROM orders o LEFT JOIN coupons cp ON cp.code = o.coupon WHERE o.coupon IS NOT NULL GROUP BY o.coupon
WITH RECURSIVE days (day) AS (SELECT date('now', '-6 days') UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < date('now')) SELECT d.day, count(o.id) AS orders, total(o.total) AS revenue FROM days d LEFT JOIN orders o ON date(o.placed_at) = d.day GROUP BY d.day
SELECT first.month, count(*) AS customers, avg(n) AS orders FROM (SELECT customer_id, min(strftime('%Y-%m', placed_at)) AS month, count(*) AS n FROM orders GROUP BY customer_id) AS first GROUP BY first.month
SELECT 'orders' AS what, count(*) AS n FROM orders UNION ALL SELECT 'customers', count(*) FROM customers UNION ALL SELECT 'products', count(*) FROM products ORDER BY what
SELECT name, seq FROM sqlite_sequence
SELECT changes()
-- Templates, settings, events.
SELECT subject, body FROM mail_templates WHERE name = ? AND language IN (?, 'en') ORDER BY language = 'en' LIMIT 1
INSERT INTO mail_templates (name, language, subject, body) VALUES (?, ?, ?, ?)
SELECT value FROM settings WHERE name = ?
INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE settings.value IS NOT excluded.value
INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)
INSERT INTO events (kind, payload) VALUES (?, json_object('order', ?, 'at', strftime('%s', 'now')))
SELECT id, kind, payload FROM events WHERE id > ? ORDER BY id LIMIT 100
DELETE FROM events WHERE id <= (SELECT max(id) - 10000 FROM events)
PRAGMA table_info(products)
