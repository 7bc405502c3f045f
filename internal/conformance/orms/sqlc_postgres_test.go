package orms

import (
	"context"
	"database/sql"
	"errors"

	sqlcpostgres "github.com/gotenancy/tenancy/internal/conformance/orms/sqlc/postgres"
)

var sqlcPostgres = []step[sqlcCode]{
	{name: "GetContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.GetContact(ctx, 3)
	}},
	{name: "GetContact of no row", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.GetContact(ctx, 99)
	}},
	{name: "ListContacts", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.ListContacts(ctx)
	}},
	{name: "ContactsOf", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.ContactsOf(ctx, sqlcpostgres.ContactsOfParams{Ids: []int64{1, 3, 99}, Least: 5})
	}},
	{name: "ContactsOf nobody", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.ContactsOf(ctx, sqlcpostgres.ContactsOfParams{Ids: []int64{}, Least: 5})
	}},
	{name: "Employees", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.Employees(ctx, sqlcpostgres.EmployeesParams{Name: "Same", Score: 15})
	}},
	{name: "CountByCompany", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.CountByCompany(ctx, 1)
	}},
	{name: "TagsOf", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.TagsOf(ctx)
	}},
	{name: "CreateContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.CreateContact(ctx, sqlcpostgres.CreateContactParams{ID: 20, CompanyID: nullInt64(2), Name: "Tom", Email: "tom@example.com", Score: 5})
	}},
	{name: "CreateContact twice", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.CreateContact(ctx, sqlcpostgres.CreateContactParams{ID: 20, Name: "Tom", Email: "tom2@example.com"})
	}},
	{name: "CreateContact of no company", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.CreateContact(ctx, sqlcpostgres.CreateContactParams{ID: 21, CompanyID: nullInt64(99), Name: "Una", Email: "una@example.com"})
	}},
	{name: "CreateOrder gets the generated id", do: func(ctx context.Context, c sqlcCode) (any, error) {
		o, err := c.postgres.CreateOrder(ctx, sqlcpostgres.CreateOrderParams{ContactID: 20, Title: "new", Amount: 11, CreatedAt: sql.NullTime{Time: noon, Valid: true}})
		if err != nil {
			return nil, err
		}
		return c.postgres.GetOrder(ctx, o.ID)
	}},
	{name: "UpdateContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.UpdateContact(ctx, sqlcpostgres.UpdateContactParams{ID: 20, Name: nullString("Thomas")})
	}},
	{name: "UpdateContact of no row", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.UpdateContact(ctx, sqlcpostgres.UpdateContactParams{ID: 99, Name: nullString("Thomas")})
	}},
	{name: "RaiseScores", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.RaiseScores(ctx, sqlcpostgres.RaiseScoresParams{Score: 7, CountryCode: nullString("de")})
	}},
	{name: "TagContact", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return nil, c.postgres.TagContact(ctx, sqlcpostgres.TagContactParams{Column1: 20, Label: "vip"})
	}},
	{name: "UpsertTag that is there", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.UpsertTag(ctx, sqlcpostgres.UpsertTagParams{ID: 2, Label: "upserted"})
	}},
	{name: "UpsertTag that is new", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.UpsertTag(ctx, sqlcpostgres.UpsertTagParams{ID: 22, Label: "upserted"})
	}},
	{name: "DeleteOrder", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.DeleteOrder(ctx, sqlcpostgres.DeleteOrderParams{DeletedAt: sql.NullTime{Time: noon, Valid: true}, Title: "first"})
	}},
	{name: "DeleteTagsOf", do: func(ctx context.Context, c sqlcCode) (any, error) {
		return c.postgres.DeleteTagsOf(ctx, sqlcpostgres.DeleteTagsOfParams{ContactID: 1, Label: "vip"})
	}},
	{name: "WithTx", do: func(ctx context.Context, c sqlcCode) (any, error) {
		t, err := c.db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		tx := c.postgres.WithTx(t)
		if _, err := tx.RaiseScores(ctx, sqlcpostgres.RaiseScoresParams{Score: 100, CountryCode: nullString("fr")}); err != nil {
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
		tx := c.postgres.WithTx(t)
		if _, err := tx.RaiseScores(ctx, sqlcpostgres.RaiseScoresParams{Score: 100, CountryCode: nullString("fr")}); err != nil {
			return nil, errors.Join(err, t.Rollback())
		}
		list, err := tx.ListContacts(ctx)
		return list, errors.Join(err, t.Rollback())
	}},
}
