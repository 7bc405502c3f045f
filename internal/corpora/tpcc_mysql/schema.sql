-- The tables of TPC-C (specification 5.11, clause 1.3) with the tenant in every key.
CREATE TABLE warehouse (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	w_id integer NOT NULL,
	w_name varchar(10),
	w_street_1 varchar(20),
	w_street_2 varchar(20),
	w_city varchar(20),
	w_state char(2),
	w_zip char(9),
	w_tax decimal(4,4),
	w_ytd decimal(12,2),
	PRIMARY KEY (tenant_id, w_id)
);
CREATE TABLE district (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	d_id integer NOT NULL,
	d_w_id integer NOT NULL,
	d_name varchar(10),
	d_street_1 varchar(20),
	d_street_2 varchar(20),
	d_city varchar(20),
	d_state char(2),
	d_zip char(9),
	d_tax decimal(4,4),
	d_ytd decimal(12,2),
	d_next_o_id integer,
	PRIMARY KEY (tenant_id, d_w_id, d_id),
	FOREIGN KEY (tenant_id, d_w_id) REFERENCES warehouse (tenant_id, w_id)
);
CREATE TABLE customer (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	c_id integer NOT NULL,
	c_d_id integer NOT NULL,
	c_w_id integer NOT NULL,
	c_first varchar(16),
	c_middle char(2),
	c_last varchar(16),
	c_street_1 varchar(20),
	c_street_2 varchar(20),
	c_city varchar(20),
	c_state char(2),
	c_zip char(9),
	c_phone char(16),
	c_since datetime,
	c_credit char(2),
	c_credit_lim decimal(12,2),
	c_discount decimal(4,4),
	c_balance decimal(12,2),
	c_ytd_payment decimal(12,2),
	c_payment_cnt integer,
	c_delivery_cnt integer,
	c_data varchar(500),
	PRIMARY KEY (tenant_id, c_w_id, c_d_id, c_id),
	FOREIGN KEY (tenant_id, c_w_id, c_d_id) REFERENCES district (tenant_id, d_w_id, d_id)
);
CREATE TABLE history (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	h_c_id integer,
	h_c_d_id integer,
	h_c_w_id integer,
	h_d_id integer,
	h_w_id integer,
	h_date datetime,
	h_amount decimal(6,2),
	h_data varchar(24),
	FOREIGN KEY (tenant_id, h_c_w_id, h_c_d_id, h_c_id) REFERENCES customer (tenant_id, c_w_id, c_d_id, c_id),
	FOREIGN KEY (tenant_id, h_w_id, h_d_id) REFERENCES district (tenant_id, d_w_id, d_id)
);
CREATE TABLE item (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	i_id integer NOT NULL,
	i_im_id integer,
	i_name varchar(24),
	i_price decimal(5,2),
	i_data varchar(50),
	PRIMARY KEY (tenant_id, i_id)
);
CREATE TABLE stock (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	s_i_id integer NOT NULL,
	s_w_id integer NOT NULL,
	s_quantity integer,
	s_dist_01 char(24),
	s_dist_02 char(24),
	s_dist_03 char(24),
	s_dist_04 char(24),
	s_dist_05 char(24),
	s_dist_06 char(24),
	s_dist_07 char(24),
	s_dist_08 char(24),
	s_dist_09 char(24),
	s_dist_10 char(24),
	s_ytd integer,
	s_order_cnt integer,
	s_remote_cnt integer,
	s_data varchar(50),
	PRIMARY KEY (tenant_id, s_w_id, s_i_id),
	FOREIGN KEY (tenant_id, s_w_id) REFERENCES warehouse (tenant_id, w_id),
	FOREIGN KEY (tenant_id, s_i_id) REFERENCES item (tenant_id, i_id)
);
CREATE TABLE orders (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	o_id integer NOT NULL,
	o_d_id integer NOT NULL,
	o_w_id integer NOT NULL,
	o_c_id integer,
	o_entry_d datetime,
	o_carrier_id integer,
	o_ol_cnt integer,
	o_all_local integer,
	PRIMARY KEY (tenant_id, o_w_id, o_d_id, o_id),
	FOREIGN KEY (tenant_id, o_w_id, o_d_id, o_c_id) REFERENCES customer (tenant_id, c_w_id, c_d_id, c_id)
);
CREATE TABLE new_order (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	no_o_id integer NOT NULL,
	no_d_id integer NOT NULL,
	no_w_id integer NOT NULL,
	PRIMARY KEY (tenant_id, no_w_id, no_d_id, no_o_id),
	FOREIGN KEY (tenant_id, no_w_id, no_d_id, no_o_id) REFERENCES orders (tenant_id, o_w_id, o_d_id, o_id)
);
CREATE TABLE order_line (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	ol_o_id integer NOT NULL,
	ol_d_id integer NOT NULL,
	ol_w_id integer NOT NULL,
	ol_number integer NOT NULL,
	ol_i_id integer,
	ol_supply_w_id integer,
	ol_delivery_d datetime,
	ol_quantity integer,
	ol_amount decimal(6,2),
	ol_dist_info char(24),
	PRIMARY KEY (tenant_id, ol_w_id, ol_d_id, ol_o_id, ol_number),
	FOREIGN KEY (tenant_id, ol_w_id, ol_d_id, ol_o_id) REFERENCES orders (tenant_id, o_w_id, o_d_id, o_id),
	FOREIGN KEY (tenant_id, ol_supply_w_id, ol_i_id) REFERENCES stock (tenant_id, s_w_id, s_i_id)
);
CREATE INDEX customer_last ON customer (tenant_id, c_w_id, c_d_id, c_last, c_first);
CREATE INDEX orders_customer ON orders (tenant_id, o_w_id, o_d_id, o_c_id, o_id);
