-- New-Order (clause 2.4).
SELECT c_discount, c_last, c_credit, w_tax FROM customer, warehouse WHERE w_id = ? AND c_w_id = w_id AND c_d_id = ? AND c_id = ?
SELECT d_next_o_id, d_tax FROM district WHERE d_id = ? AND d_w_id = ?
UPDATE district SET d_next_o_id = d_next_o_id + 1 WHERE d_id = ? AND d_w_id = ?
UPDATE district SET d_next_o_id = d_next_o_id + 1 WHERE d_w_id = ? AND d_id = ? RETURNING d_next_o_id - 1 AS o_id, d_tax
INSERT INTO orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_ol_cnt, o_all_local) VALUES (?, ?, ?, ?, ?, ?, ?)
INSERT INTO new_order (no_o_id, no_d_id, no_w_id) VALUES (?, ?, ?)
SELECT i_price, i_name, i_data FROM item WHERE i_id = ?
SELECT i_id, i_price, i_name, i_data FROM item WHERE i_id IN (?, ?, ?, ?, ?)
SELECT s_quantity, s_data, s_dist_01, s_dist_02, s_dist_03, s_dist_04, s_dist_05, s_dist_06, s_dist_07, s_dist_08, s_dist_09, s_dist_10 FROM stock WHERE s_i_id = ? AND s_w_id = ?
SELECT i.i_price, i.i_name, s.s_quantity, CASE WHEN i.i_data LIKE '%ORIGINAL%' AND s.s_data LIKE '%ORIGINAL%' THEN 'B' ELSE 'G' END AS brand_generic FROM item i INNER JOIN stock s ON s.s_i_id = i.i_id WHERE i.i_id = ? AND s.s_w_id = ?
UPDATE stock SET s_quantity = ?, s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + ? WHERE s_i_id = ? AND s_w_id = ?
UPDATE stock SET s_quantity = CASE WHEN s_quantity >= ? + 10 THEN s_quantity - ? ELSE s_quantity - ? + 91 END, s_ytd = s_ytd + ?, s_order_cnt = s_order_cnt + 1 WHERE s_i_id = ? AND s_w_id = ?
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?), (?, ?, ?, 2, ?, ?, ?, ?, ?), (?, ?, ?, 3, ?, ?, ?, ?, ?)
INSERT INTO order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_dist_info) SELECT o.o_id, o.o_d_id, o.o_w_id, 1, i.i_id, o.o_w_id, 5, 5 * i.i_price, s.s_dist_01 FROM orders o, item i, stock s WHERE o.o_w_id = ? AND o.o_d_id = ? AND o.o_id = ? AND i.i_id = ? AND s.s_i_id = i.i_id AND s.s_w_id = o.o_w_id
-- Payment (clause 2.5).
UPDATE warehouse SET w_ytd = w_ytd + ? WHERE w_id = ?
SELECT w_street_1, w_street_2, w_city, w_state, w_zip, w_name FROM warehouse WHERE w_id = ?
UPDATE district SET d_ytd = d_ytd + ? WHERE d_w_id = ? AND d_id = ?
SELECT d_street_1, d_street_2, d_city, d_state, d_zip, d_name FROM district WHERE d_w_id = ? AND d_id = ?
SELECT count(c_id) FROM customer WHERE c_last = ? AND c_d_id = ? AND c_w_id = ?
SELECT c_first, c_middle, c_id, c_street_1, c_street_2, c_city, c_state, c_zip, c_phone, c_credit, c_credit_lim, c_discount, c_balance, c_since FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_last = ? ORDER BY c_first
SELECT c_id FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_last = ? ORDER BY c_first LIMIT 1 OFFSET ?
SELECT c_first, c_middle, c_last, c_phone, c_credit, c_credit_lim, c_discount, c_balance, c_since FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?
SELECT c_data FROM customer WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?
UPDATE customer SET c_balance = ?, c_data = ? WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?
UPDATE customer SET c_balance = c_balance - ?, c_ytd_payment = c_ytd_payment + ?, c_payment_cnt = c_payment_cnt + 1 WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?
UPDATE customer SET c_balance = c_balance - ?, c_data = CASE WHEN c_credit = 'BC' THEN substr(CAST(c_id AS text) || ' ' || CAST(c_d_id AS text) || ' ' || CAST(c_w_id AS text) || ' ' || c_data, 1, 500) ELSE c_data END WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?
INSERT INTO history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
INSERT INTO history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) SELECT c_d_id, c_w_id, c_id, d_id, d_w_id, CURRENT_TIMESTAMP, ?, w_name || '    ' || d_name FROM customer JOIN district ON d_w_id = c_w_id AND d_id = c_d_id JOIN warehouse ON w_id = d_w_id WHERE c_w_id = ? AND c_d_id = ? AND c_id = ?
-- Order-Status (clause 2.6).
SELECT c_balance, c_first, c_middle, c_last FROM customer WHERE c_id = ? AND c_d_id = ? AND c_w_id = ?
SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? ORDER BY o_id DESC LIMIT 1
SELECT o_id, o_carrier_id, o_entry_d FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ? AND o_id = (SELECT MAX(o_id) FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_c_id = ?)
SELECT ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?
-- Delivery (clause 2.7).
SELECT no_o_id FROM new_order WHERE no_d_id = ? AND no_w_id = ? ORDER BY no_o_id ASC LIMIT 1
SELECT MIN(no_o_id) FROM new_order WHERE no_w_id = ? AND no_d_id = ?
DELETE FROM new_order WHERE no_o_id = ? AND no_d_id = ? AND no_w_id = ?
DELETE FROM new_order WHERE (no_w_id, no_d_id, no_o_id) IN (SELECT no_w_id, no_d_id, MIN(no_o_id) FROM new_order WHERE no_w_id = ? GROUP BY no_w_id, no_d_id) RETURNING no_d_id, no_o_id
SELECT o_c_id FROM orders WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?
UPDATE orders SET o_carrier_id = ? WHERE o_id = ? AND o_d_id = ? AND o_w_id = ?
UPDATE order_line SET ol_delivery_d = ? WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?
SELECT SUM(ol_amount) AS total FROM order_line WHERE ol_o_id = ? AND ol_d_id = ? AND ol_w_id = ?
UPDATE customer SET c_balance = c_balance + ?, c_delivery_cnt = c_delivery_cnt + 1 WHERE c_id = ? AND c_d_id = ? AND c_w_id = ?
UPDATE customer SET c_balance = c_balance + (SELECT SUM(ol_amount) FROM order_line WHERE ol_w_id = c_w_id AND ol_d_id = c_d_id AND ol_o_id = ?), c_delivery_cnt = c_delivery_cnt + 1 WHERE c_w_id = ? AND c_d_id = ? AND c_id = (SELECT o_c_id FROM orders WHERE o_w_id = ? AND o_d_id = ? AND o_id = ?)
-- Stock-Level (clause 2.8).
SELECT d_next_o_id FROM district WHERE d_w_id = ? AND d_id = ?
SELECT COUNT(DISTINCT s_i_id) FROM order_line, stock WHERE ol_w_id = ? AND ol_d_id = ? AND ol_o_id < ? AND ol_o_id >= ? - 20 AND s_w_id = ? AND s_i_id = ol_i_id AND s_quantity < ?
SELECT COUNT(*) FROM (SELECT DISTINCT s.s_i_id FROM district d JOIN order_line ol ON ol.ol_w_id = d.d_w_id AND ol.ol_d_id = d.d_id AND ol.ol_o_id BETWEEN d.d_next_o_id - 20 AND d.d_next_o_id - 1 JOIN stock s ON s.s_w_id = ol.ol_w_id AND s.s_i_id = ol.ol_i_id WHERE d.d_w_id = ? AND d.d_id = ? AND s.s_quantity < ?) AS low
-- The consistency conditions (clause 3.3.2): each finds the rows that break it.
SELECT w_id, w_ytd, SUM(d_ytd) AS districts FROM warehouse JOIN district ON d_w_id = w_id GROUP BY w_id, w_ytd HAVING w_ytd <> SUM(d_ytd)
SELECT d_w_id, d_id, d_next_o_id FROM district WHERE d_next_o_id - 1 <> (SELECT MAX(o_id) FROM orders WHERE o_w_id = d_w_id AND o_d_id = d_id) OR d_next_o_id - 1 <> (SELECT MAX(no_o_id) FROM new_order WHERE no_w_id = d_w_id AND no_d_id = d_id)
SELECT no_w_id, no_d_id FROM new_order GROUP BY no_w_id, no_d_id HAVING MAX(no_o_id) - MIN(no_o_id) + 1 <> COUNT(*)
SELECT o.w, o.d, o.ol_cnt, l.n FROM (SELECT o_w_id AS w, o_d_id AS d, SUM(o_ol_cnt) AS ol_cnt FROM orders GROUP BY o_w_id, o_d_id) o JOIN (SELECT ol_w_id AS w, ol_d_id AS d, COUNT(*) AS n FROM order_line GROUP BY ol_w_id, ol_d_id) l ON l.w = o.w AND l.d = o.d WHERE o.ol_cnt <> l.n
SELECT o_w_id, o_d_id, o_id FROM orders LEFT JOIN new_order ON no_w_id = o_w_id AND no_d_id = o_d_id AND no_o_id = o_id WHERE (o_carrier_id IS NULL AND no_o_id IS NULL) OR (o_carrier_id IS NOT NULL AND no_o_id IS NOT NULL)
SELECT o_w_id, o_d_id, o_id, o_ol_cnt FROM orders WHERE o_ol_cnt <> (SELECT COUNT(*) FROM order_line WHERE ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id)
SELECT ol_w_id, ol_d_id, ol_o_id, ol_number FROM order_line JOIN orders ON o_w_id = ol_w_id AND o_d_id = ol_d_id AND o_id = ol_o_id WHERE (ol_delivery_d IS NULL AND o_carrier_id IS NOT NULL) OR (ol_delivery_d IS NOT NULL AND o_carrier_id IS NULL)
SELECT w_id FROM warehouse WHERE w_ytd <> (SELECT SUM(h_amount) FROM history WHERE h_w_id = w_id)
SELECT d_w_id, d_id FROM district LEFT JOIN (SELECT h_w_id, h_d_id, SUM(h_amount) AS paid FROM history GROUP BY h_w_id, h_d_id) h ON h_w_id = d_w_id AND h_d_id = d_id WHERE d_ytd <> COALESCE(paid, 0)
SELECT c_w_id, c_d_id, c_id FROM customer WHERE c_balance <> COALESCE((SELECT SUM(ol_amount) FROM orders JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id WHERE o_w_id = c_w_id AND o_d_id = c_d_id AND o_c_id = c_id AND ol_delivery_d IS NOT NULL), 0) - COALESCE((SELECT SUM(h_amount) FROM history WHERE h_c_w_id = c_w_id AND h_c_d_id = c_d_id AND h_c_id = c_id), 0)
SELECT d_w_id, d_id FROM district WHERE (SELECT COUNT(*) FROM orders WHERE o_w_id = d_w_id AND o_d_id = d_id) - (SELECT COUNT(*) FROM new_order WHERE no_w_id = d_w_id AND no_d_id = d_id) <> 2100
SELECT c.c_w_id, c.c_d_id, c.c_id FROM customer c LEFT JOIN (SELECT o_w_id, o_d_id, o_c_id, SUM(ol_amount) AS delivered FROM orders, order_line WHERE ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id AND ol_delivery_d IS NOT NULL GROUP BY o_w_id, o_d_id, o_c_id) x ON x.o_w_id = c.c_w_id AND x.o_d_id = c.c_d_id AND x.o_c_id = c.c_id WHERE c.c_balance + c.c_ytd_payment <> COALESCE(x.delivered, 0)
