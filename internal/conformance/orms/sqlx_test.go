package orms

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// The models of an application with sqlx.
type (
	sqlxCompany struct {
		ID          int64          `db:"id"`
		Name        string         `db:"name"`
		CountryCode sql.NullString `db:"country_code"`
	}
	sqlxContact struct {
		ID        int64         `db:"id"`
		CompanyID sql.NullInt64 `db:"company_id"`
		Name      string        `db:"name"`
		Email     string        `db:"email"`
		Score     int64         `db:"score"`
	}
	// sqlxEmployee is a row of a join.
	sqlxEmployee struct {
		sqlxContact
		Company sqlxCompany `db:"company"`
	}
)

func openSqlx(_ *testing.T, e engines.Engine, db *sql.DB) *sqlx.DB {
	return sqlx.NewDb(db, map[tenant.Dialect]string{tenant.Postgres: "postgres", tenant.MySQL: "mysql", tenant.SQLite: "sqlite3"}[e.Dialect])
}

var sqlxSteps = []step[*sqlx.DB]{
	{name: "Select", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var list []sqlxContact
		err := db.SelectContext(ctx, &list, `SELECT * FROM contacts ORDER BY id`)
		return list, err
	}},
	{name: "Get", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var c sqlxContact
		err := db.GetContext(ctx, &c, db.Rebind(`SELECT * FROM contacts WHERE id = ?`), 1)
		return c, err
	}},
	{name: "Get of no row", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var c sqlxContact
		err := db.GetContext(ctx, &c, db.Rebind(`SELECT * FROM contacts WHERE id = ?`), 99)
		return c, err
	}},
	{name: "Get of a number", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var n int
		err := db.GetContext(ctx, &n, `SELECT count(*) FROM contacts`)
		return n, err
	}},
	{name: "Select into embedded structs", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var list []sqlxEmployee
		err := db.SelectContext(ctx, &list, `SELECT c.*, o.id AS "company.id", o.name AS "company.name"
			FROM contacts c JOIN companies o ON o.id = c.company_id ORDER BY c.id`)
		return list, err
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "Select into embedded structs, in MySQL's quotes", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var list []sqlxEmployee
		err := db.SelectContext(ctx, &list, "SELECT c.*, o.id AS `company.id`, o.name AS `company.name`"+
			" FROM contacts c JOIN companies o ON o.id = c.company_id ORDER BY c.id")
		return list, err
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "In", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		query, args, err := sqlx.In(`SELECT * FROM contacts WHERE id IN (?) AND score > ? ORDER BY id`, []int64{1, 3, 99}, 5)
		if err != nil {
			return nil, err
		}
		var list []sqlxContact
		err = db.SelectContext(ctx, &list, db.Rebind(query), args...)
		return list, err
	}},
	{name: "Named and In", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		query, args, err := sqlx.Named(`SELECT name FROM contacts WHERE id IN (:ids) AND name <> :name ORDER BY id`,
			map[string]any{"ids": []int64{1, 2, 3}, "name": "Bob"})
		if err != nil {
			return nil, err
		}
		if query, args, err = sqlx.In(query, args...); err != nil {
			return nil, err
		}
		var names []string
		err = db.SelectContext(ctx, &names, db.Rebind(query), args...)
		return names, err
	}},
	{name: "NamedQuery", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		rows, err := db.NamedQueryContext(ctx, `SELECT * FROM contacts WHERE name = :name`, sqlxContact{Name: "Bob"})
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var list []sqlxContact
		for rows.Next() {
			var c sqlxContact
			if err := rows.StructScan(&c); err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, rows.Err()
	}},
	{name: "MapScan", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		row := map[string]any{}
		err := db.QueryRowxContext(ctx, db.Rebind(`SELECT * FROM contacts WHERE id = ?`), 3).MapScan(row)
		return row, err
	}},
	{name: "SliceScan", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return db.QueryRowxContext(ctx, db.Rebind(`SELECT * FROM companies WHERE id = ?`), 1).SliceScan()
	}},
	{name: "Queryx and StructScan", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		rows, err := db.QueryxContext(ctx, `SELECT * FROM companies ORDER BY id DESC`)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var list []sqlxCompany
		for rows.Next() {
			var c sqlxCompany
			if err := rows.StructScan(&c); err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, rows.Err()
	}},
	{name: "Preparex", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		st, err := db.PreparexContext(ctx, db.Rebind(`SELECT * FROM contacts WHERE company_id = ? ORDER BY id`))
		if err != nil {
			return nil, err
		}
		defer st.Close()
		var first, second []sqlxContact
		if err := st.SelectContext(ctx, &first, 1); err != nil {
			return nil, err
		}
		err = st.SelectContext(ctx, &second, 2)
		return []any{first, second}, err
	}},
	{name: "PrepareNamed", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		st, err := db.PrepareNamedContext(ctx, `SELECT * FROM contacts WHERE email = :email`)
		if err != nil {
			return nil, err
		}
		defer st.Close()
		var c sqlxContact
		err = st.GetContext(ctx, &c, map[string]any{"email": "cid@example.com"})
		return c, err
	}},
	{name: "NamedExec inserts", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.NamedExecContext(ctx, `INSERT INTO contacts (id, company_id, name, email, score)
			VALUES (:id, :company_id, :name, :email, :score)`,
			sqlxContact{ID: 5, CompanyID: sql.NullInt64{Int64: 1, Valid: true}, Name: "Eve", Email: "eve@example.com", Score: 50}))
	}},
	{name: "NamedExec inserts several", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.NamedExecContext(ctx, `INSERT INTO tags (id, label) VALUES (:id, :label)`,
			[]map[string]any{{"id": 4, "label": "four"}, {"id": 5, "label": "five"}, {"id": 6, "label": "six"}}))
	}},
	{name: "Exec inserts a key twice", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, db.Rebind(`INSERT INTO tags (id, label) VALUES (?, ?)`), 4, "again"))
	}},
	{name: "Exec breaks a foreign key", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, db.Rebind(`INSERT INTO contact_tags (contact_id, tag_id) VALUES (?, ?)`), 1, 99))
	}},
	{name: "NamedExec updates", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.NamedExecContext(ctx, `UPDATE contacts SET name = :name, score = score + 1 WHERE id = :id`,
			map[string]any{"id": 2, "name": "Rob"}))
	}},
	{name: "Exec updates all", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `UPDATE contacts SET score = score + 1`))
	}},
	{name: "RETURNING", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var t struct {
			ID    int64
			Label string
		}
		err := db.GetContext(ctx, &t, db.Rebind(`INSERT INTO tags (id, label) VALUES (?, ?) RETURNING *`), 7, "seven")
		return t, err
	}},
	{name: "upsert", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.NamedExecContext(ctx, `INSERT INTO tags (id, label) VALUES (:id, :label)
			ON CONFLICT (id) DO UPDATE SET label = excluded.label`,
			[]map[string]any{{"id": 7, "label": "seven again"}, {"id": 8, "label": "eight"}}))
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "upsert of MySQL", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `INSERT INTO tags (id, label) VALUES (?, ?)
			ON DUPLICATE KEY UPDATE label = VALUES(label)`, 7, "seven again"))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "REPLACE", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `REPLACE INTO tags (id, label) VALUES (?, ?)`, 7, "replaced"))
	}, only: []tenant.Dialect{tenant.MySQL, tenant.SQLite}},
	{name: "INSERT IGNORE", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `INSERT IGNORE INTO tags (id, label) VALUES (?, ?), (?, ?)`, 7, "ignored", 9, "nine"))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "UPDATE of a join", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `UPDATE contacts c JOIN companies o ON o.id = c.company_id
			SET c.name = o.name WHERE o.id = ?`, 2))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "DELETE from a join", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, `DELETE t FROM contact_tags t JOIN tags g ON g.id = t.tag_id WHERE g.label = ?`, "new"))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "named parameters of the engine", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		var names []string
		err := db.SelectContext(ctx, &names, `SELECT name FROM contacts WHERE id > :least OR name = @name ORDER BY id`,
			sql.Named("least", 2), sql.Named("name", "Rob"))
		return names, err
	}, only: []tenant.Dialect{tenant.SQLite}},
	{name: "a transaction", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		tx, err := db.BeginTxx(ctx, nil)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		if _, err := tx.NamedExecContext(ctx, `DELETE FROM contact_tags WHERE contact_id = :id`, map[string]any{"id": 1}); err != nil {
			return nil, err
		}
		st, err := tx.PreparexContext(ctx, tx.Rebind(`UPDATE companies SET name = ? WHERE id = ?`))
		if err != nil {
			return nil, err
		}
		if _, err := st.ExecContext(ctx, "Renamed", 3); err != nil {
			return nil, err
		}
		var names []string
		if err := tx.SelectContext(ctx, &names, `SELECT name FROM companies ORDER BY id`); err != nil {
			return nil, err
		}
		return names, tx.Commit()
	}},
	{name: "a transaction without contexts inside", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		tx, err := db.BeginTxx(ctx, nil)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		tx.MustExec(tx.Rebind(`UPDATE companies SET name = ? WHERE id = ?`), "Renamed again", 3)
		var c sqlxCompany
		if err := tx.Get(&c, tx.Rebind(`SELECT * FROM companies WHERE id = ?`), 3); err != nil {
			return nil, err
		}
		return c, tx.Commit()
	}},
	{name: "a transaction rolled back", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		tx, err := db.BeginTxx(ctx, nil)
		if err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM orders`); err != nil {
			return nil, err
		}
		var left int
		if err := tx.GetContext(ctx, &left, `SELECT count(*) FROM orders`); err != nil {
			return nil, err
		}
		return left, tx.Rollback()
	}},
	{name: "Connx", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		c, err := db.Connx(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		var list []sqlxCompany
		err = c.SelectContext(ctx, &list, `SELECT * FROM companies ORDER BY id`)
		return list, err
	}},
	{name: "Exec deletes", do: func(ctx context.Context, db *sqlx.DB) (any, error) {
		return affected(db.ExecContext(ctx, db.Rebind(`DELETE FROM orders WHERE contact_id = ?`), 1))
	}},
}

// affected is how many rows a statement has changed.
func affected(r sql.Result, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return r.RowsAffected()
}
