package orms

import (
	"context"
	"database/sql"
	"errors"

	sqlcsqlite "github.com/gotenancy/tenancy/internal/conformance/orms/sqlc/sqlite"
)

var sqlcSQLite = []step[sqlcCode]{
	{name: "GetContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.GetContact(ctx, 3)
	}},
	{name: "GetContact of no row", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.GetContact(ctx, 99)
	}},
	{name: "ListContacts", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.ListContacts(ctx)
	}},
	{name: "ContactsOf", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.ContactsOf(ctx, sqlcsqlite.ContactsOfParams{Ids: []int64{1, 3, 99}, Score: 5})
	}},
	{name: "ContactsOf nobody", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.ContactsOf(ctx, sqlcsqlite.ContactsOfParams{Ids: []int64{}, Score: 5})
	}},
	{name: "Employees", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.Employees(ctx, sqlcsqlite.EmployeesParams{Name: "Same", Score: 15})
	}},
	{name: "CountByCompany", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.CountByCompany(ctx)
	}},
	{name: "TagsOf", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.TagsOf(ctx)
	}},
	{name: "CreateContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.CreateContact(ctx, sqlcsqlite.CreateContactParams{ID: 20, CompanyID: nullInt64(2), Name: "Tom", Email: "tom@example.com", Score: 5})
	}},
	{name: "CreateContact twice", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.CreateContact(ctx, sqlcsqlite.CreateContactParams{ID: 20, Name: "Tom", Email: "tom2@example.com"})
	}},
	{name: "CreateContact of no company", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.CreateContact(ctx, sqlcsqlite.CreateContactParams{ID: 21, CompanyID: nullInt64(99), Name: "Una", Email: "una@example.com"})
	}},
	{name: "CreateOrder gets the generated id", do: func(ctx context.Context, c sqlcCode) (any, error) {
		o, err := c.sqlite.CreateOrder(ctx, sqlcsqlite.CreateOrderParams{ContactID: 20, Title: "new", Amount: 11, CreatedAt: sql.NullTime{Time: noon, Valid: true}})
		if err != nil {
			return nil, err
		}
		return c.sqlite.GetOrder(ctx, o.ID)
	}},
	{name: "UpdateContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.UpdateContact(ctx, sqlcsqlite.UpdateContactParams{ID: 20, Name: nullString("Thomas")})
	}},
	{name: "UpdateContact of no row", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.UpdateContact(ctx, sqlcsqlite.UpdateContactParams{ID: 99, Name: nullString("Thomas")})
	}},
	{name: "RaiseScores", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.RaiseScores(ctx, sqlcsqlite.RaiseScoresParams{Score: 7, CountryCode: nullString("de")})
	}},
	{name: "TagContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return nil, c.sqlite.TagContact(ctx, sqlcsqlite.TagContactParams{ContactID: 20, Label: "vip"})
	}},
	{name: "UpsertTag that is there", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.UpsertTag(ctx, sqlcsqlite.UpsertTagParams{ID: 2, Label: "upserted"})
	}},
	{name: "UpsertTag that is new", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.UpsertTag(ctx, sqlcsqlite.UpsertTagParams{ID: 22, Label: "upserted"})
	}},
	{name: "DeleteOrder", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.DeleteOrder(ctx, sqlcsqlite.DeleteOrderParams{DeletedAt: sql.NullTime{Time: noon, Valid: true}, Title: "first"})
	}},
	{name: "DeleteTagsOf", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.sqlite.DeleteTagsOf(ctx, sqlcsqlite.DeleteTagsOfParams{ContactID: 1, Label: "vip"})
	}},
	{name: "WithTx", do: func(ctx context.Context, c sqlcCode) (any, error) {
		t, err := c.db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		tx := c.sqlite.WithTx(t)
		if _, err := tx.RaiseScores(ctx, sqlcsqlite.RaiseScoresParams{Score: 100, CountryCode: nullString("fr")}); err != nil {
			return nil, errors.Join(err, t.Rollback())
		}
		list, err := tx.ListContacts(ctx)
		return list, errors.Join(err, t.Commit())
	}},
	{name: "WithTx rolled back", do: func(ctx context.Context, c sqlcCode) (any, error) {
		t, err := c.db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		tx := c.sqlite.WithTx(t)
		if _, err := tx.RaiseScores(ctx, sqlcsqlite.RaiseScoresParams{Score: 100, CountryCode: nullString("fr")}); err != nil {
			return nil, errors.Join(err, t.Rollback())
		}
		list, err := tx.ListContacts(ctx)
		return list, errors.Join(err, t.Rollback())
	}},
}
