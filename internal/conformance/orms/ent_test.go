package orms

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/orms/ent"
	entcompany "github.com/gotenancy/tenancy/internal/conformance/orms/ent/company"
	entcontact "github.com/gotenancy/tenancy/internal/conformance/orms/ent/contact"
	entorder "github.com/gotenancy/tenancy/internal/conformance/orms/ent/order"
	"github.com/gotenancy/tenancy/internal/conformance/orms/ent/predicate"
	enttag "github.com/gotenancy/tenancy/internal/conformance/orms/ent/tag"
	"github.com/gotenancy/tenancy/tenant"
)

var entDialects = map[tenant.Dialect]string{tenant.Postgres: dialect.Postgres, tenant.MySQL: dialect.MySQL, tenant.SQLite: dialect.SQLite}

func openEnt(_ *testing.T, e engines.Engine, db *sql.DB) *ent.Client {
	return ent.NewClient(ent.Driver(entsql.OpenDB(entDialects[e.Dialect], db)))
}

// withoutIDs leaves out what the database generates.
func withoutIDs(list ...*ent.Order) []*ent.Order {
	for _, o := range list {
		o.ID = 0
	}
	return list
}

var entQueries = []step[*ent.Client]{
	{name: "All", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Query().Order(ent.Asc(entcontact.FieldID)).All(ctx)
	}},
	{name: "Get", do: func(ctx context.Context, c *ent.Client) (any, error) { return c.Contact.Get(ctx, 3) }},
	{name: "Get of no row", do: func(ctx context.Context, c *ent.Client) (any, error) {
		_, err := c.Contact.Get(ctx, 99)
		return ent.IsNotFound(err), err
	}},
	{name: "Only, First, Exist and Count", do: func(ctx context.Context, c *ent.Client) (any, error) {
		only, err := c.Contact.Query().Where(entcontact.Email("bob@example.com")).Only(ctx)
		if err != nil {
			return nil, err
		}
		first, err := c.Contact.Query().Order(ent.Desc(entcontact.FieldScore)).First(ctx)
		if err != nil {
			return nil, err
		}
		there, err := c.Contact.Query().Where(entcontact.NameContainsFold("ANN")).Exist(ctx)
		if err != nil {
			return nil, err
		}
		n, err := c.Contact.Query().Count(ctx)
		return []any{only, first, there, n}, err
	}},
	{name: "predicates", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Query().Where(
			entcontact.Or(entcontact.NameHasPrefix("Ann"), entcontact.And(entcontact.ScoreGT(15), entcontact.Not(entcontact.IDIn(3, 99)))),
		).Order(entcontact.ByID()).Limit(2).Offset(1).All(ctx)
	}},
	{name: "Select", do: func(ctx context.Context, c *ent.Client) (any, error) {
		names, err := c.Contact.Query().Order(ent.Asc(entcontact.FieldName)).Select(entcontact.FieldName).Strings(ctx)
		if err != nil {
			return nil, err
		}
		ids, err := c.Company.Query().Order(ent.Asc(entcompany.FieldID)).IDs(ctx)
		return []any{names, ids}, err
	}},
	{name: "GroupBy and Aggregate", do: func(ctx context.Context, c *ent.Client) (any, error) {
		var groups []struct {
			CompanyID *int64 `json:"company_id"`
			Count     int    `json:"count"`
			Sum       int    `json:"sum"`
		}
		err := c.Contact.Query().Where(entcontact.CompanyIDNotNil()).Order(entcontact.ByCompanyID()).
			GroupBy(entcontact.FieldCompanyID).Aggregate(ent.Count(), ent.Sum(entcontact.FieldScore)).Scan(ctx, &groups)
		if err != nil {
			return nil, err
		}
		best, err := c.Contact.Query().Aggregate(ent.Max(entcontact.FieldScore)).Int(ctx)
		return []any{groups, best}, err
	}},
	{name: "edges in predicates", do: func(ctx context.Context, c *ent.Client) (any, error) {
		employed, err := c.Contact.Query().Where(entcontact.HasCompanyWith(entcompany.Name("Same"))).All(ctx)
		if err != nil {
			return nil, err
		}
		tagged, err := c.Contact.Query().Where(entcontact.HasTagsWith(enttag.LabelEQ("vip"))).Order(entcontact.ByID()).IDs(ctx)
		if err != nil {
			return nil, err
		}
		idle, err := c.Contact.Query().Where(entcontact.Not(entcontact.HasOrders())).Order(entcontact.ByID()).IDs(ctx)
		return []any{employed, tagged, idle}, err
	}},
	{name: "traversal", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Company.Query().Where(entcompany.ID(1)).QueryContacts().Where(entcontact.ScoreGTE(10)).QueryTags().
			Order(enttag.ByID()).All(ctx)
	}},
	{name: "traversal from a row", do: func(ctx context.Context, c *ent.Client) (any, error) {
		ann, err := c.Contact.Get(ctx, 1)
		if err != nil {
			return nil, err
		}
		firm, err := ann.QueryCompany().Only(ctx)
		if err != nil {
			return nil, err
		}
		tags, err := ann.QueryTags().Order(enttag.ByID()).All(ctx)
		return []any{firm, tags}, err
	}},
	{name: "eager loading", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Company.Query().WithCountry().
			WithContacts(func(q *ent.ContactQuery) {
				q.Where(entcontact.ScoreGT(5)).Order(entcontact.ByID()).WithTags(func(q *ent.TagQuery) { q.Order(enttag.ByID()) })
			}).Order(entcompany.ByID()).All(ctx)
	}},
	{name: "eager loading of orders", do: func(ctx context.Context, c *ent.Client) (any, error) {
		list, err := c.Contact.Query().WithOrders(func(q *ent.OrderQuery) { q.Where(entorder.DeletedAtIsNil()) }).Order(entcontact.ByID()).All(ctx)
		for _, one := range list {
			withoutIDs(one.Edges.Orders...)
		}
		return list, err
	}},
	{name: "order by a neighbour", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Query().Order(entcontact.ByTagsCount(entsql.OrderDesc()), entcontact.ByCompanyField(entcompany.FieldName), entcontact.ByID()).All(ctx)
	}},
	{name: "Modify", do: func(ctx context.Context, c *ent.Client) (any, error) {
		var rows []struct {
			Name    string `json:"name"`
			Company string `json:"company"`
		}
		err := c.Contact.Query().Modify(func(s *entsql.Selector) {
			o := entsql.Table(entcompany.Table)
			s.Join(o).On(s.C(entcontact.FieldCompanyID), o.C(entcompany.FieldID))
			s.Select(s.C(entcontact.FieldName), entsql.As(o.C(entcompany.FieldName), "company")).OrderBy(s.C(entcontact.FieldID))
		}).Scan(ctx, &rows)
		return rows, err
	}},
	{name: "a predicate with a sub-query", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Query().Where(predicate.Contact(func(s *entsql.Selector) {
			t := entsql.Table(entorder.Table)
			s.Where(entsql.In(s.C(entcontact.FieldID), entsql.Select(t.C(entorder.FieldContactID)).From(t).Where(entsql.GT(t.C(entorder.FieldAmount), 6))))
		})).Order(entcontact.ByID()).All(ctx)
	}},
	{name: "ForUpdate", do: func(ctx context.Context, c *ent.Client) (any, error) {
		tx, err := c.Tx(ctx)
		if err != nil {
			return nil, err
		}
		one, err := tx.Contact.Query().Where(entcontact.ID(1)).ForUpdate().Only(ctx)
		return one, errors.Join(err, tx.Rollback())
	}, only: []tenant.Dialect{tenant.Postgres, tenant.MySQL}},
	{name: "QueryContext and ExecContext", do: func(ctx context.Context, c *ent.Client) (any, error) {
		rows, err := c.QueryContext(ctx, `SELECT count(*) AS k, max(name) AS m FROM contacts WHERE score > 10`)
		if err != nil {
			return nil, err
		}
		var n int64
		var name string
		if err := entsql.ScanOne(rows, &struct {
			K *int64
			M *string
		}{&n, &name}); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
		r, err := c.ExecContext(ctx, `UPDATE contacts SET score = score + 1 WHERE name = 'Bob'`)
		if err != nil {
			return nil, err
		}
		k, err := r.RowsAffected()
		return []any{n, name, k}, err
	}},
}

var entWrites = []step[*ent.Client]{
	{name: "Create", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Create().SetID(20).SetName("Tom").SetEmail("tom@example.com").SetCompanyID(1).Save(ctx)
	}},
	{name: "Create gets the generated id", do: func(ctx context.Context, c *ent.Client) (any, error) {
		o, err := c.Order.Create().SetTitle("new").SetAmount(11).SetContactID(20).Save(ctx)
		if err != nil {
			return nil, err
		}
		again, err := c.Order.Get(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		return withoutIDs(o, again), nil
	}},
	{name: "Create with edges", do: func(ctx context.Context, c *ent.Client) (any, error) {
		t, err := c.Tag.Create().SetID(21).SetLabel("of Tom").AddContactIDs(20, 1).Save(ctx)
		if err != nil {
			return nil, err
		}
		return c.Contact.Create().SetID(22).SetName("Una").SetEmail("una@example.com").AddTags(t).AddTagIDs(1).Save(ctx)
	}},
	{name: "CreateBulk", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Tag.CreateBulk(c.Tag.Create().SetID(23).SetLabel("x"), c.Tag.Create().SetID(24).SetLabel("y")).Save(ctx)
	}},
	{name: "CreateBulk gets the generated ids", do: func(ctx context.Context, c *ent.Client) (any, error) {
		titles := []string{"a", "b", "c"}
		list, err := c.Order.MapCreateBulk(titles, func(o *ent.OrderCreate, i int) { o.SetTitle(titles[i]).SetAmount(int64(i)).SetContactID(2) }).Save(ctx)
		if err != nil {
			return nil, err
		}
		var again []*ent.Order
		for _, o := range list {
			one, err := c.Order.Get(ctx, o.ID)
			if err != nil {
				return nil, err
			}
			again = append(again, one)
		}
		return withoutIDs(again...), nil
	}},
	{name: "Create a key twice", do: func(ctx context.Context, c *ent.Client) (any, error) {
		err := c.Tag.Create().SetID(23).SetLabel("again").Exec(ctx)
		return []bool{ent.IsConstraintError(err), sqlgraph.IsUniqueConstraintError(err)}, unwrapped(err)
	}},
	{name: "Create breaks a foreign key", do: func(ctx context.Context, c *ent.Client) (any, error) {
		err := c.Order.Create().SetTitle("of nobody").SetAmount(1).SetContactID(99).Exec(ctx)
		return []bool{ent.IsConstraintError(err), sqlgraph.IsForeignKeyConstraintError(err)}, unwrapped(err)
	}},
	{name: "UpdateOne", do: func(ctx context.Context, c *ent.Client) (any, error) {
		ann, err := c.Contact.Get(ctx, 1)
		if err != nil {
			return nil, err
		}
		return ann.Update().SetName("Anna").AddScore(5).Save(ctx)
	}},
	{name: "UpdateOneID of no row", do: func(ctx context.Context, c *ent.Client) (any, error) {
		err := c.Contact.UpdateOneID(99).SetName("nobody").Exec(ctx)
		return ent.IsNotFound(err), err
	}},
	{name: "UpdateOne of edges", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.UpdateOneID(2).ClearCompany().RemoveTagIDs(1).AddTagIDs(2, 3).Save(ctx)
	}},
	{name: "Update of a has-many edge", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Company.UpdateOneID(3).AddContactIDs(2, 4).Save(ctx)
	}},
	{name: "Update", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Update().Where(entcontact.ScoreGT(15), entcontact.HasTags()).SetName("Tagged").AddScore(100).Save(ctx)
	}},
	{name: "Update of all rows", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Update().AddScore(1).Save(ctx)
	}},
	{name: "Update clears an edge of all", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Company.Update().Where(entcompany.ID(3)).ClearContacts().Save(ctx)
	}},
	{name: "Modify of an update", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Update().Where(entcontact.ID(3)).Modify(func(u *entsql.UpdateBuilder) {
			u.Set(entcontact.FieldScore, entsql.Expr("score * 2"))
		}).Save(ctx)
	}},
	{name: "delete softly", do: func(ctx context.Context, c *ent.Client) (any, error) {
		if _, err := c.Order.Update().Where(entorder.Title("first")).SetDeletedAt(noon).Save(ctx); err != nil {
			return nil, err
		}
		list, err := c.Order.Query().Where(entorder.DeletedAtIsNil()).Order(entorder.ByTitle()).All(ctx)
		return withoutIDs(list...), err
	}},
	{name: "Delete", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Order.Delete().Where(entorder.Or(entorder.Title("gone"), entorder.AmountGT(10))).Exec(ctx)
	}},
	{name: "DeleteOne", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return nil, c.Tag.DeleteOneID(24).Exec(ctx)
	}},
	{name: "DeleteOne of no row", do: func(ctx context.Context, c *ent.Client) (any, error) {
		err := c.Tag.DeleteOneID(99).Exec(ctx)
		return ent.IsNotFound(err), err
	}},
	{name: "Delete what others need", do: func(ctx context.Context, c *ent.Client) (any, error) {
		_, err := c.Contact.Delete().Exec(ctx)
		return []bool{ent.IsConstraintError(err), sqlgraph.IsForeignKeyConstraintError(err)}, unwrapped(err)
	}},
}

var entUpserts = []step[*ent.Client]{
	{name: "OnConflict updates the new values", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Tag.Create().SetID(1).SetLabel("VIP").OnConflictColumns(enttag.FieldID).UpdateNewValues().ID(ctx)
	}},
	{name: "OnConflict of a unique column", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return c.Contact.Create().SetID(1).SetName("Ann again").SetEmail("ann@example.com").
			OnConflict(entsql.ConflictColumns(entcontact.FieldEmail)).
			Update(func(u *ent.ContactUpsert) { u.SetName("Ann upserted").AddScore(1) }).ID(ctx)
	}},
	{name: "OnConflict ignores", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return nil, c.Tag.Create().SetID(2).SetLabel("ignored").OnConflictColumns(enttag.FieldID).Ignore().Exec(ctx)
	}},
	{name: "OnConflict does nothing", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return nil, c.Tag.Create().SetID(2).SetLabel("ignored").OnConflictColumns(enttag.FieldID).DoNothing().Exec(ctx)
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "OnConflict of a generated id", do: func(ctx context.Context, c *ent.Client) (any, error) {
		id, err := c.Order.Create().SetContactID(1).SetTitle("upserted").SetAmount(1).OnConflictColumns(entorder.FieldID).UpdateNewValues().ID(ctx)
		if err != nil {
			return nil, err
		}
		o, err := c.Order.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		return withoutIDs(o), nil
	}}, // which in MySQL is id = LAST_INSERT_ID(id)
	{name: "OnConflict of several", do: func(ctx context.Context, c *ent.Client) (any, error) {
		return nil, c.Tag.CreateBulk(c.Tag.Create().SetID(2).SetLabel("two"), c.Tag.Create().SetID(30).SetLabel("thirty")).
			OnConflictColumns(enttag.FieldID).UpdateNewValues().Exec(ctx)
	}},
}

var entTransactions = []step[*ent.Client]{
	{name: "Tx", do: func(ctx context.Context, c *ent.Client) (any, error) {
		tx, err := c.Tx(ctx)
		if err != nil {
			return nil, err
		}
		if err := tx.Tag.Create().SetID(40).SetLabel("forty").Exec(ctx); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		n, err := tx.Tag.Query().Count(ctx)
		if err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		return n, tx.Commit()
	}},
	{name: "Tx rolled back", do: func(ctx context.Context, c *ent.Client) (any, error) {
		tx, err := c.Tx(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := tx.Order.Delete().Exec(ctx); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		n, err := tx.Order.Query().Count(ctx)
		return n, errors.Join(err, tx.Rollback())
	}},
}

// unwrapped is the engine's error in one of ent's, without the text that ent
// puts around it.
func unwrapped(err error) error {
	var e *ent.ConstraintError
	if errors.As(err, &e) {
		return errors.Unwrap(errors.Unwrap(e))
	}
	return err
}
