package orms

import (
	"context"
	"database/sql"
	"errors"

	sq "github.com/Masterminds/squirrel"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
)

// squirrel is a builder that runs on a pool.
type squirrel struct {
	sq.StatementBuilderType
	db *sql.DB
}

func squirrelOn(e engines.Engine, db *sql.DB, run sq.BaseRunner) squirrel {
	var format sq.PlaceholderFormat = sq.Question
	if e.Dialect == tenant.Postgres {
		format = sq.Dollar
	}
	return squirrel{sq.StatementBuilder.PlaceholderFormat(format).RunWith(run), db}
}

// texts reads rows of text columns.
func texts(rows *sql.Rows, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	list := [][]*string{{}}
	for i := range columns {
		list[0] = append(list[0], &columns[i])
	}
	for rows.Next() {
		row, places := make([]*string, len(columns)), make([]any, len(columns))
		for i := range row {
			places[i] = &row[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

var squirrelSteps = []step[squirrel]{
	{name: "Select", do: func(ctx context.Context, b squirrel) (any, error) {
		return texts(b.Select("*").From("contacts").OrderBy("id").QueryContext(ctx))
	}},
	{name: "Eq, Or, Like and Expr", do: func(ctx context.Context, b squirrel) (any, error) {
		return texts(b.Select("id", "name").From("contacts").
			Where(sq.Or{sq.Eq{"id": []int64{1, 2, 99}}, sq.Like{"name": "C%"}, sq.Expr("score > ?", 35)}).
			Where(sq.NotEq{"company_id": nil}).OrderBy("id DESC").Limit(2).Offset(1).QueryContext(ctx))
	}},
	{name: "Join, GroupBy and Having", do: func(ctx context.Context, b squirrel) (any, error) {
		return texts(b.Select("o.name", "count(c.id) AS k").From("companies o").LeftJoin("contacts c ON c.company_id = o.id AND c.score > ?", 15).
			GroupBy("o.name").Having("count(c.id) >= ?", 0).OrderBy("o.name").QueryContext(ctx))
	}},
	{name: "sub-queries", do: func(ctx context.Context, b squirrel) (any, error) {
		good := b.Select("id", "name").From("contacts").Where(sq.Gt{"score": 15}).PlaceholderFormat(sq.Question)
		of := sq.Select("contact_id").From("orders").Where(sq.Eq{"deleted_at": nil})
		return texts(b.Select("x.name").FromSelect(good, "x").Where(sq.Expr("x.id IN (?)", of)).OrderBy("x.id").QueryContext(ctx))
	}},
	{name: "Prefix, Suffix and Column", do: func(ctx context.Context, b squirrel) (any, error) {
		return texts(b.Select().Column("name").Column(sq.Expr("score + ? AS more", 1)).
			Column(sq.Alias(sq.Select("count(*)").From("contact_tags t").Where("t.contact_id = contacts.id"), "tags")).
			Prefix("WITH big AS (SELECT id FROM contacts WHERE score > ?)", 15).From("contacts").Where("id IN (SELECT id FROM big)").
			OrderBy("id").QueryContext(ctx))
	}},
	{name: "QueryRow", do: func(ctx context.Context, b squirrel) (any, error) {
		var name string
		err := b.Select("name").From("contacts").Where(sq.Eq{"id": 3}).QueryRowContext(ctx).Scan(&name)
		return name, err
	}},
	{name: "QueryRow of no row", do: func(ctx context.Context, b squirrel) (any, error) {
		var name string
		err := b.Select("name").From("contacts").Where(sq.Eq{"id": 99}).QueryRowContext(ctx).Scan(&name)
		return name, err
	}},
	{name: "Case", do: func(ctx context.Context, b squirrel) (any, error) {
		return texts(b.Select("id").Column(sq.Alias(sq.Case().When(sq.Gt{"score": 25}, "'high'").Else("'low'"), "level")).From("contacts").OrderBy("id").QueryContext(ctx))
	}},
	{name: "Insert", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("tags").Columns("id", "label").Values(20, "x").Values(21, sq.Expr("lower(?)", "Y")).ExecContext(ctx))
	}},
	{name: "Insert with SetMap", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("contacts").SetMap(map[string]any{"id": 22, "name": "Una", "email": "una@example.com"}).ExecContext(ctx))
	}},
	{name: "Insert from a query", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("contact_tags").Columns("contact_id", "tag_id").
			Select(sq.Select("c.id", "t.id").From("contacts c").Join("tags t ON t.label = ?", "x").Where("c.score > ?", 25)).ExecContext(ctx))
	}},
	{name: "Insert with RETURNING", do: func(ctx context.Context, b squirrel) (any, error) {
		return texts(b.Insert("tags").Columns("id", "label").Values(23, "r").Suffix("RETURNING *").QueryContext(ctx))
	}},
	{name: "Insert a key twice", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("tags").Columns("id", "label").Values(20, "again").ExecContext(ctx))
	}},
	{name: "upsert", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("tags").Columns("id", "label").Values(20, "up").Values(24, "new").
			Suffix("ON CONFLICT (id) DO UPDATE SET label = EXCLUDED.label || ?", "!").ExecContext(ctx))
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "upsert of MySQL", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("tags").Columns("id", "label").Values(20, "up").Values(24, "new").
			Suffix("ON DUPLICATE KEY UPDATE label = concat(VALUES(label), ?)", "!").ExecContext(ctx))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "Replace", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Replace("tags").Columns("id", "label").Values(20, "replaced").ExecContext(ctx))
	}, only: []tenant.Dialect{tenant.MySQL, tenant.SQLite}},
	{name: "Insert with Options", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Insert("tags").Options("IGNORE").Columns("id", "label").Values(20, "ignored").Values(25, "new").ExecContext(ctx))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "Update", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Update("contacts").Set("name", "Rob").Set("score", sq.Expr("score + ?", 1)).Where(sq.Eq{"id": 2}).ExecContext(ctx))
	}},
	{name: "Update with a sub-query", do: func(ctx context.Context, b squirrel) (any, error) {
		name := sq.Select("o.name").From("companies o").Where("o.id = contacts.company_id")
		return affected(b.Update("contacts").Set("name", name).Where("company_id IS NOT NULL").ExecContext(ctx))
	}},
	{name: "Update with From", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Update("contacts").Set("name", sq.Expr("o.name")).From("companies o").
			Where("o.id = contacts.company_id AND o.id = ?", 2).ExecContext(ctx))
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "Update of the first rows", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Update("contacts").Set("score", 0).OrderBy("id").Limit(2).ExecContext(ctx))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "Delete", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Delete("orders").Where(sq.And{sq.Eq{"contact_id": 1}, sq.NotEq{"deleted_at": nil}}).ExecContext(ctx))
	}},
	{name: "Delete of all", do: func(ctx context.Context, b squirrel) (any, error) {
		return affected(b.Delete("contact_tags").ExecContext(ctx))
	}},
	{name: "a transaction", do: func(ctx context.Context, b squirrel) (any, error) {
		tx, err := b.db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		in := b.RunWith(tx)
		if _, err := in.Update("tags").Set("label", "tx").Where(sq.Eq{"id": 1}).ExecContext(ctx); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		answer, err := texts(in.Select("label").From("tags").OrderBy("id").QueryContext(ctx))
		return answer, errors.Join(err, tx.Commit())
	}},
}
