package orms

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/orms/bunmodel"
	"github.com/gotenancy/tenancy/tenant"
)

func openBun(_ *testing.T, e engines.Engine, db *sql.DB) *bun.DB {
	var b *bun.DB
	switch e.Dialect {
	case tenant.Postgres:
		b = bun.NewDB(db, pgdialect.New())
	case tenant.MySQL:
		b = bun.NewDB(db, mysqldialect.New())
	default:
		b = bun.NewDB(db, sqlitedialect.New())
	}
	b.RegisterModel((*bunmodel.ContactTag)(nil))
	return b
}

var bunQueries = []step[*bun.DB]{
	{name: "Scan of all", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		err := db.NewSelect().Model(&list).Order("id").Scan(ctx)
		return list, err
	}},
	{name: "Scan of one", do: func(ctx context.Context, db *bun.DB) (any, error) {
		c := bunmodel.Contact{ID: 3}
		err := db.NewSelect().Model(&c).WherePK().Scan(ctx)
		return c, err
	}},
	{name: "Scan of no row", do: func(ctx context.Context, db *bun.DB) (any, error) {
		c := bunmodel.Contact{ID: 99}
		err := db.NewSelect().Model(&c).WherePK().Scan(ctx)
		return c, err
	}},
	{name: "Where, WhereOr and WhereGroup", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		err := db.NewSelect().Model(&list).Where("name = ?", "Bob").WhereOr("1 = 1").
			WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("score > ?", 5).WhereOr("score < ?", 3) }).
			OrderExpr("score DESC").Limit(3).Offset(1).Scan(ctx)
		return list, err
	}},
	{name: "values that need quotes", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		err := db.NewSelect().Model(&list).Where("name IN (?)", bun.List([]string{"Bob", `O'Brien \' OR 1=1 --`, `"`, "`", "?", "$1"})).Order("id").Scan(ctx)
		return list, err
	}},
	{name: "Count and ScanAndCount", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		n, err := db.NewSelect().Model(&list).Where("score > ?", 10).Order("id").Limit(2).ScanAndCount(ctx)
		if err != nil {
			return nil, err
		}
		k, err := db.NewSelect().Model((*bunmodel.Company)(nil)).Count(ctx)
		return []any{list, n, k}, err
	}},
	{name: "Exists", do: func(ctx context.Context, db *bun.DB) (any, error) {
		there, err := db.NewSelect().Model((*bunmodel.Contact)(nil)).Where("name = ?", "Bob").Exists(ctx)
		if err != nil {
			return nil, err
		}
		not, err := db.NewSelect().Model((*bunmodel.Contact)(nil)).Where("name = ?", "Nobody").Exists(ctx)
		return []bool{there, not}, err
	}},
	{name: "Column, ColumnExpr and Group", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var names []string
		if err := db.NewSelect().Model((*bunmodel.Contact)(nil)).Column("name").Order("name").Scan(ctx, &names); err != nil {
			return nil, err
		}
		var groups []struct {
			CompanyID *int64
			Total     int64
		}
		err := db.NewSelect().Model((*bunmodel.Contact)(nil)).Column("company_id").ColumnExpr("SUM(score) AS total").
			Group("company_id").Having("SUM(score) > ?", 5).OrderExpr("total, company_id").Scan(ctx, &groups)
		return []any{names, groups}, err
	}},
	{name: "maps", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []map[string]any
		err := db.NewSelect().Table("companies").Order("id").Scan(ctx, &list)
		return list, err
	}},
	{name: "relations", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		err := db.NewSelect().Model(&list).Relation("Company").Relation("Company.Country").
			Relation("Tags", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("t.id") }).
			Relation("Orders", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("o.title") }).Order("c.id").Scan(ctx)
		return list, err
	}},
	{name: "has many", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Company
		err := db.NewSelect().Model(&list).Relation("Contacts", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("score > ?", 5).Order("c.id")
		}).Order("cy.id").Scan(ctx)
		return list, err
	}},
	{name: "Join and JoinOn", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var rows []struct{ Name, Company string }
		err := db.NewSelect().TableExpr("contacts AS c").ColumnExpr("c.name, o.name AS company").
			Join("LEFT JOIN companies AS o").JoinOn("o.id = c.company_id").JoinOn("o.name <> ?", "Empty").
			Where("o.id IS NOT NULL").OrderExpr("c.id").Scan(ctx, &rows)
		return rows, err
	}},
	{name: "With and sub-queries", do: func(ctx context.Context, db *bun.DB) (any, error) {
		good := db.NewSelect().Model((*bunmodel.Contact)(nil)).Where("score >= ?", 20)
		ids := db.NewSelect().Model((*bunmodel.Company)(nil)).Column("id").Where("name = ?", "Same")
		var names []string
		if err := db.NewSelect().With("good", good).TableExpr("good").Column("name").Where("company_id IN (?)", ids).Scan(ctx, &names); err != nil {
			return nil, err
		}
		var n int
		err := db.NewSelect().TableExpr("(?) AS x", good).ColumnExpr("count(*)").Scan(ctx, &n)
		return []any{names, n}, err
	}},
	{name: "Union", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var names []string
		err := db.NewSelect().Model((*bunmodel.Contact)(nil)).Column("name").Where("id = 1").
			UnionAll(db.NewSelect().Model((*bunmodel.Company)(nil)).Column("name").Where("id = 2")).Scan(ctx, &names)
		slices.Sort(names)
		return names, err
	}},
	{name: "For", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var c bunmodel.Contact
		err := db.NewSelect().Model(&c).Where("id = 1").For("UPDATE").Scan(ctx)
		return c, err
	}, only: []tenant.Dialect{tenant.Postgres, tenant.MySQL}},
	{name: "soft-deleted rows", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list, gone, all []bunmodel.Order
		if err := db.NewSelect().Model(&list).Order("title").Scan(ctx); err != nil {
			return nil, err
		}
		if err := db.NewSelect().Model(&gone).WhereDeleted().Order("title").Scan(ctx); err != nil {
			return nil, err
		}
		err := db.NewSelect().Model(&all).WhereAllWithDeleted().Order("title").Scan(ctx)
		return []any{list, gone, all}, err
	}},
	{name: "NewRaw", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		err := db.NewRaw("SELECT * FROM ? WHERE score > ? ORDER BY id", bun.Ident("contacts"), 10).Scan(ctx, &list)
		return list, err
	}},
	{name: "Rows and ScanRow", do: func(ctx context.Context, db *bun.DB) (any, error) {
		rows, err := db.NewSelect().Model((*bunmodel.Contact)(nil)).Order("id").Rows(ctx)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var list []bunmodel.Contact
		for rows.Next() {
			var c bunmodel.Contact
			if err := db.ScanRow(ctx, rows, &c); err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, rows.Err()
	}},
}

var bunWrites = []step[*bun.DB]{
	{name: "Insert", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&bunmodel.Contact{ID: 20, Name: `Tim "O'B" \ ?`, Email: "tim@example.com"}).Exec(ctx))
	}},
	{name: "Insert several", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&[]bunmodel.Tag{{ID: 20, Label: "x"}, {ID: 21, Label: "y"}}).Exec(ctx))
	}},
	{name: "Insert from a map", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&map[string]any{"id": 22, "label": "map"}).TableExpr("tags").Exec(ctx))
	}},
	{name: "Insert gets the generated id", do: func(ctx context.Context, db *bun.DB) (any, error) {
		o := bunmodel.Order{ContactID: 2, Title: "new", Amount: 5, CreatedAt: noon}
		if _, err := db.NewInsert().Model(&o).Exec(ctx); err != nil {
			return nil, err
		}
		again := bunmodel.Order{ID: o.ID}
		err := db.NewSelect().Model(&again).WherePK().Scan(ctx)
		return again, err
	}},
	{name: "Insert several gets the generated ids", do: func(ctx context.Context, db *bun.DB) (any, error) {
		list := []bunmodel.Order{{ContactID: 2, Title: "a", CreatedAt: noon}, {ContactID: 2, Title: "b", CreatedAt: noon}}
		if _, err := db.NewInsert().Model(&list).Exec(ctx); err != nil {
			return nil, err
		}
		var titles []string
		for i := range list {
			if err := db.NewSelect().Model(&list[i]).Column("title").WherePK().Scan(ctx); err != nil {
				return nil, err
			}
			titles = append(titles, list[i].Title)
		}
		return titles, nil
	}},
	{name: "Insert with Returning", do: func(ctx context.Context, db *bun.DB) (any, error) {
		t := bunmodel.Tag{ID: 23, Label: "r"}
		_, err := db.NewInsert().Model(&t).Returning("*").Exec(ctx)
		return t, err
	}},
	{name: "Insert a key twice", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&bunmodel.Tag{ID: 20, Label: "again"}).Exec(ctx))
	}},
	{name: "Update", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewUpdate().Model(&bunmodel.Contact{ID: 1, Name: "Anna", Email: "ann@example.com", Score: 3}).
			Column("name", "score").WherePK().Exec(ctx))
	}},
	{name: "Update with Set", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewUpdate().Model((*bunmodel.Contact)(nil)).Set("score = score + ?", 10).Set("name = ?", "Set").Where("id IN (?)", bun.List([]int64{2, 3, 99})).Exec(ctx))
	}},
	{name: "Update with OmitZero", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewUpdate().Model(&bunmodel.Contact{ID: 4, Name: "Danny"}).OmitZero().WherePK().Exec(ctx))
	}},
	{name: "Update with a sub-query", do: func(ctx context.Context, db *bun.DB) (any, error) {
		name := db.NewSelect().Model((*bunmodel.Company)(nil)).Column("name").Where("cy.id = c.company_id")
		return affected(db.NewUpdate().Model((*bunmodel.Contact)(nil)).Set("name = (?)", name).Where("company_id IS NOT NULL").Exec(ctx))
	}},
	{name: "Update with Returning", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var list []bunmodel.Contact
		_, err := db.NewUpdate().Model(&list).Set("score = score + 1").Where("id < ?", 3).Returning("*").Exec(ctx)
		slices.SortFunc(list, func(a, b bunmodel.Contact) int { return cmp.Compare(a.ID, b.ID) }) // no engine promises an order
		return list, err
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "Bulk", do: func(ctx context.Context, db *bun.DB) (any, error) {
		list := []*bunmodel.Tag{{ID: 20, Label: "bulk x"}, {ID: 21, Label: "bulk y"}, {ID: 99, Label: "nowhere"}}
		return affected(db.NewUpdate().Model(&list).Column("label").Bulk().Exec(ctx))
	}},
	{name: "delete softly", do: func(ctx context.Context, db *bun.DB) (any, error) {
		r, err := db.NewDelete().Model((*bunmodel.Order)(nil)).Where("title = ?", "a").Exec(ctx)
		if err != nil {
			return nil, err
		}
		// When is the clock's; what counts is that it is set.
		if _, err := db.NewUpdate().Model((*bunmodel.Order)(nil)).Set("deleted_at = ?", noon).WhereDeleted().Where("title = ?", "a").Exec(ctx); err != nil {
			return nil, err
		}
		return affected(r, nil)
	}},
	{name: "ForceDelete", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewDelete().Model((*bunmodel.Order)(nil)).Where("title = ?", "gone").WhereAllWithDeleted().ForceDelete().Exec(ctx))
	}},
	{name: "Delete", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewDelete().Model(&bunmodel.Tag{ID: 22}).WherePK().Exec(ctx))
	}},
	{name: "Delete of several", do: func(ctx context.Context, db *bun.DB) (any, error) {
		list := []bunmodel.ContactTag{{ContactID: 1, TagID: 3}, {ContactID: 9, TagID: 9}}
		return affected(db.NewDelete().Model(&list).WherePK().Exec(ctx))
	}},
	{name: "Delete with Returning", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var gone []bunmodel.Tag
		_, err := db.NewDelete().Model(&gone).Where("id = ?", 23).Returning("*").Exec(ctx)
		return gone, err
	}},
	{name: "Delete with a sub-query", do: func(ctx context.Context, db *bun.DB) (any, error) {
		of := db.NewSelect().Model((*bunmodel.Contact)(nil)).Column("id").Where("score < ?", 20)
		return affected(db.NewDelete().Model((*bunmodel.ContactTag)(nil)).Where("contact_id IN (?)", of).Exec(ctx))
	}},
}

var bunUpserts = []step[*bun.DB]{
	{name: "On conflict do update", do: func(ctx context.Context, db *bun.DB) (any, error) {
		list := []bunmodel.Tag{{ID: 1, Label: "VIP"}, {ID: 30, Label: "thirty"}}
		return affected(db.NewInsert().Model(&list).On("CONFLICT (id) DO UPDATE").Exec(ctx))
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "On conflict with Set and Where", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&bunmodel.Contact{ID: 31, Name: "Ann upserted", Email: "ann@example.com"}).
			On("CONFLICT (email) DO UPDATE").Set("name = EXCLUDED.name, score = c.score + ?", 1).Where("c.score < ?", 1000).Exec(ctx))
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "On conflict with Returning", do: func(ctx context.Context, db *bun.DB) (any, error) {
		t := bunmodel.Tag{ID: 30, Label: "thirty again"}
		_, err := db.NewInsert().Model(&t).On("CONFLICT (id) DO UPDATE").Set("label = EXCLUDED.label").Returning("*").Exec(ctx)
		return t, err
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "On conflict do nothing", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&bunmodel.Tag{ID: 30, Label: "ignored"}).On("CONFLICT DO NOTHING").Exec(ctx))
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "On duplicate key update", do: func(ctx context.Context, db *bun.DB) (any, error) {
		list := []bunmodel.Tag{{ID: 1, Label: "VIP"}, {ID: 30, Label: "thirty"}}
		return affected(db.NewInsert().Model(&list).On("DUPLICATE KEY UPDATE").Exec(ctx))
	}, only: []tenant.Dialect{tenant.MySQL}},
	{name: "Ignore", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&[]bunmodel.Tag{{ID: 30, Label: "ignored"}, {ID: 32, Label: "new"}}).Ignore().Exec(ctx))
	}},
	{name: "Replace", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return affected(db.NewInsert().Model(&bunmodel.Tag{ID: 30, Label: "replaced"}).Replace().Exec(ctx))
	}, only: []tenant.Dialect{tenant.MySQL, tenant.SQLite}},
	{name: "Merge", do: func(ctx context.Context, db *bun.DB) (any, error) {
		list := []bunmodel.Tag{{ID: 2, Label: "merged"}, {ID: 33, Label: "merged too"}}
		return affected(db.NewMerge().Model((*bunmodel.Tag)(nil)).With("_data", db.NewValues(&list)).Using("_data").On("?TableAlias.id = _data.id").
			WhenUpdate("MATCHED", func(q *bun.UpdateQuery) *bun.UpdateQuery { return q.Set("label = _data.label") }).
			WhenInsert("NOT MATCHED", func(q *bun.InsertQuery) *bun.InsertQuery {
				return q.Value("id", "_data.id").Value("label", "_data.label")
			}).Exec(ctx))
	}, only: []tenant.Dialect{tenant.Postgres}},
}

var bunTransactions = []step[*bun.DB]{
	{name: "RunInTx", do: func(ctx context.Context, db *bun.DB) (any, error) {
		var n int64
		err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewInsert().Model(&bunmodel.Tag{ID: 40, Label: "forty"}).Exec(ctx); err != nil {
				return err
			}
			var err error
			n, err = tx.NewSelect().Model((*bunmodel.Tag)(nil)).Count(ctx)
			return err
		})
		return n, err
	}},
	{name: "Conn", do: func(ctx context.Context, db *bun.DB) (any, error) {
		c, err := db.Conn(ctx)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		var list []bunmodel.Tag
		err = c.NewSelect().Model(&list).Order("id").Scan(ctx)
		return list, err
	}},
	{name: "RunInTx rolled back", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return nil, db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewDelete().Model((*bunmodel.ContactTag)(nil)).Where("1 = 1").Exec(ctx); err != nil {
				return err
			}
			return errEnough
		})
	}},
	{name: "RunInTx within another", do: func(ctx context.Context, db *bun.DB) (any, error) {
		return nil, db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewInsert().Model(&bunmodel.Tag{ID: 41, Label: "outer"}).Exec(ctx); err != nil {
				return err
			}
			err := tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.NewInsert().Model(&bunmodel.Tag{ID: 42, Label: "inner"}).Exec(ctx); err != nil {
					return err
				}
				return errEnough
			})
			if !errors.Is(err, errEnough) {
				return err
			}
			return tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewInsert().Model(&bunmodel.Tag{ID: 43, Label: "second inner"}).Exec(ctx)
				return err
			})
		})
	}},
	{name: "Prepare", do: func(ctx context.Context, db *bun.DB) (any, error) {
		st, err := db.PrepareContext(ctx, "SELECT name FROM contacts WHERE score > 10 ORDER BY id")
		if err != nil {
			return nil, err
		}
		defer st.Close()
		rows, err := st.QueryContext(ctx)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var names []string
		err = db.ScanRows(ctx, rows, &names)
		return names, err
	}},
}
