-- A shop: the shared database. Row ids are everybody's, codes are the tenant's.
CREATE TABLE countries (
	code TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	eu INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE vat_rates (
	country TEXT NOT NULL REFERENCES countries (code),
	category TEXT NOT NULL,
	rate REAL NOT NULL,
	PRIMARY KEY (country, category)
);
CREATE TABLE mail_templates (
	tenant_id TEXT,
	name TEXT NOT NULL,
	language TEXT NOT NULL DEFAULT 'en',
	subject TEXT NOT NULL,
	body TEXT NOT NULL,
	UNIQUE (tenant_id, name, language)
);
CREATE TABLE categories (
	tenant_id TEXT NOT NULL,
	id INTEGER NOT NULL,
	parent_id INTEGER,
	slug TEXT NOT NULL,
	name TEXT NOT NULL,
	position INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (tenant_id, id),
	UNIQUE (tenant_id, slug),
	FOREIGN KEY (tenant_id, parent_id) REFERENCES categories (tenant_id, id)
);
CREATE TABLE products (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY,
	sku TEXT NOT NULL,
	category_id INTEGER,
	name TEXT NOT NULL,
	description TEXT NOT NULL DEFAULT '',
	price INTEGER NOT NULL,
	vat_category TEXT NOT NULL DEFAULT 'standard',
	stock INTEGER NOT NULL DEFAULT 0,
	reserved INTEGER NOT NULL DEFAULT 0,
	attributes TEXT NOT NULL DEFAULT '{}',
	rating_sum INTEGER NOT NULL DEFAULT 0,
	rating_count INTEGER NOT NULL DEFAULT 0,
	active INTEGER NOT NULL DEFAULT 1,
	created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	deleted_at TEXT,
	UNIQUE (tenant_id, id),
	UNIQUE (tenant_id, sku),
	FOREIGN KEY (tenant_id, category_id) REFERENCES categories (tenant_id, id)
);
CREATE TABLE price_history (
	tenant_id TEXT NOT NULL,
	product_id INTEGER NOT NULL,
	valid_from TEXT NOT NULL,
	price INTEGER NOT NULL,
	PRIMARY KEY (tenant_id, product_id, valid_from)
) WITHOUT ROWID;
CREATE TABLE customers (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	email TEXT NOT NULL COLLATE NOCASE,
	name TEXT NOT NULL DEFAULT '',
	country TEXT REFERENCES countries (code),
	newsletter INTEGER NOT NULL DEFAULT 0,
	points INTEGER NOT NULL DEFAULT 0,
	created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	deleted_at TEXT,
	UNIQUE (tenant_id, id),
	UNIQUE (tenant_id, email)
);
CREATE TABLE addresses (
	tenant_id TEXT NOT NULL,
	customer_id INTEGER NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('billing', 'shipping')),
	street TEXT NOT NULL,
	city TEXT NOT NULL,
	postcode TEXT NOT NULL,
	PRIMARY KEY (tenant_id, customer_id, kind),
	FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id) ON DELETE CASCADE
);
CREATE TABLE carts (
	tenant_id TEXT NOT NULL,
	token TEXT NOT NULL PRIMARY KEY,
	customer_id INTEGER,
	coupon TEXT,
	updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	UNIQUE (tenant_id, token),
	FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)
);
CREATE TABLE cart_items (
	tenant_id TEXT NOT NULL,
	cart_token TEXT NOT NULL,
	product_id INTEGER NOT NULL,
	quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
	added_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (tenant_id, cart_token, product_id),
	FOREIGN KEY (tenant_id, cart_token) REFERENCES carts (tenant_id, token) ON DELETE CASCADE,
	FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE TABLE coupons (
	tenant_id TEXT NOT NULL,
	code TEXT NOT NULL,
	percent INTEGER NOT NULL DEFAULT 0,
	max_uses INTEGER,
	used INTEGER NOT NULL DEFAULT 0,
	valid_until TEXT,
	PRIMARY KEY (tenant_id, code)
);
CREATE TABLE orders (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY,
	number TEXT NOT NULL,
	customer_id INTEGER NOT NULL,
	status TEXT NOT NULL DEFAULT 'new',
	currency TEXT NOT NULL DEFAULT 'EUR',
	total INTEGER NOT NULL DEFAULT 0,
	coupon TEXT,
	shipping TEXT NOT NULL DEFAULT '{}',
	placed_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	paid_at TEXT,
	shipped_at TEXT,
	UNIQUE (tenant_id, id),
	UNIQUE (tenant_id, number),
	FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)
);
CREATE INDEX orders_status ON orders (tenant_id, status, placed_at);
CREATE TABLE order_lines (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY,
	order_id INTEGER NOT NULL,
	product_id INTEGER NOT NULL,
	quantity INTEGER NOT NULL,
	unit_price INTEGER NOT NULL,
	vat_rate REAL NOT NULL DEFAULT 0,
	FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id) ON DELETE CASCADE,
	FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE TABLE payments (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY,
	order_id INTEGER NOT NULL,
	provider TEXT NOT NULL,
	reference TEXT NOT NULL UNIQUE,
	amount INTEGER NOT NULL,
	status TEXT NOT NULL DEFAULT 'pending',
	raw TEXT,
	created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);
CREATE TABLE stock_moves (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY,
	product_id INTEGER NOT NULL,
	delta INTEGER NOT NULL,
	reason TEXT NOT NULL,
	moved_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE TABLE reviews (
	tenant_id TEXT NOT NULL,
	product_id INTEGER NOT NULL,
	customer_id INTEGER NOT NULL,
	stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
	body TEXT NOT NULL DEFAULT '',
	approved INTEGER NOT NULL DEFAULT 0,
	created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
	PRIMARY KEY (tenant_id, product_id, customer_id)
);
CREATE TABLE product_tags (
	tenant_id TEXT NOT NULL,
	product_id INTEGER NOT NULL,
	tag TEXT NOT NULL,
	PRIMARY KEY (tenant_id, product_id, tag)
) WITHOUT ROWID;
CREATE TABLE counters (
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	value INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (tenant_id, name)
);
CREATE TABLE settings (
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT,
	PRIMARY KEY (tenant_id, name)
);
CREATE TABLE events (
	tenant_id TEXT NOT NULL,
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	kind TEXT NOT NULL,
	payload TEXT NOT NULL DEFAULT '{}',
	created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
