-- The tables of TPC-H (specification 3.0, clause 1.4) with the tenant in every key;
-- regions and nations are everybody's.
CREATE TABLE region (
	r_regionkey integer NOT NULL,
	r_name char(25) NOT NULL,
	r_comment varchar(152),
	PRIMARY KEY (r_regionkey)
);
CREATE TABLE nation (
	n_nationkey integer NOT NULL,
	n_name char(25) NOT NULL,
	n_regionkey integer NOT NULL,
	n_comment varchar(152),
	PRIMARY KEY (n_nationkey),
	FOREIGN KEY (n_regionkey) REFERENCES region (r_regionkey)
);
CREATE TABLE part (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	p_partkey integer NOT NULL,
	p_name varchar(55) NOT NULL,
	p_mfgr char(25) NOT NULL,
	p_brand char(10) NOT NULL,
	p_type varchar(25) NOT NULL,
	p_size integer NOT NULL,
	p_container char(10) NOT NULL,
	p_retailprice decimal(15,2) NOT NULL,
	p_comment varchar(23) NOT NULL,
	PRIMARY KEY (tenant_id, p_partkey)
);
CREATE TABLE supplier (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	s_suppkey integer NOT NULL,
	s_name char(25) NOT NULL,
	s_address varchar(40) NOT NULL,
	s_nationkey integer NOT NULL,
	s_phone char(15) NOT NULL,
	s_acctbal decimal(15,2) NOT NULL,
	s_comment varchar(101) NOT NULL,
	PRIMARY KEY (tenant_id, s_suppkey),
	FOREIGN KEY (s_nationkey) REFERENCES nation (n_nationkey)
);
CREATE TABLE partsupp (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	ps_partkey integer NOT NULL,
	ps_suppkey integer NOT NULL,
	ps_availqty integer NOT NULL,
	ps_supplycost decimal(15,2) NOT NULL,
	ps_comment varchar(199) NOT NULL,
	PRIMARY KEY (tenant_id, ps_partkey, ps_suppkey),
	FOREIGN KEY (tenant_id, ps_partkey) REFERENCES part (tenant_id, p_partkey),
	FOREIGN KEY (tenant_id, ps_suppkey) REFERENCES supplier (tenant_id, s_suppkey)
);
CREATE TABLE customer (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	c_custkey integer NOT NULL,
	c_name varchar(25) NOT NULL,
	c_address varchar(40) NOT NULL,
	c_nationkey integer NOT NULL,
	c_phone char(15) NOT NULL,
	c_acctbal decimal(15,2) NOT NULL,
	c_mktsegment char(10) NOT NULL,
	c_comment varchar(117) NOT NULL,
	PRIMARY KEY (tenant_id, c_custkey),
	FOREIGN KEY (c_nationkey) REFERENCES nation (n_nationkey)
);
CREATE TABLE orders (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	o_orderkey integer NOT NULL,
	o_custkey integer NOT NULL,
	o_orderstatus char(1) NOT NULL,
	o_totalprice decimal(15,2) NOT NULL,
	o_orderdate date NOT NULL,
	o_orderpriority char(15) NOT NULL,
	o_clerk char(15) NOT NULL,
	o_shippriority integer NOT NULL,
	o_comment varchar(79) NOT NULL,
	PRIMARY KEY (tenant_id, o_orderkey),
	FOREIGN KEY (tenant_id, o_custkey) REFERENCES customer (tenant_id, c_custkey)
);
CREATE TABLE lineitem (
	tenant_id varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
	l_orderkey integer NOT NULL,
	l_partkey integer NOT NULL,
	l_suppkey integer NOT NULL,
	l_linenumber integer NOT NULL,
	l_quantity decimal(15,2) NOT NULL,
	l_extendedprice decimal(15,2) NOT NULL,
	l_discount decimal(15,2) NOT NULL,
	l_tax decimal(15,2) NOT NULL,
	l_returnflag char(1) NOT NULL,
	l_linestatus char(1) NOT NULL,
	l_shipdate date NOT NULL,
	l_commitdate date NOT NULL,
	l_receiptdate date NOT NULL,
	l_shipinstruct char(25) NOT NULL,
	l_shipmode char(10) NOT NULL,
	l_comment varchar(44) NOT NULL,
	PRIMARY KEY (tenant_id, l_orderkey, l_linenumber),
	FOREIGN KEY (tenant_id, l_orderkey) REFERENCES orders (tenant_id, o_orderkey),
	FOREIGN KEY (tenant_id, l_partkey, l_suppkey) REFERENCES partsupp (tenant_id, ps_partkey, ps_suppkey)
);
