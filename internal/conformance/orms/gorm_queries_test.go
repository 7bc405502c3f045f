package orms

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gotenancy/tenancy/internal/conformance/orms/gormmodel"
	"github.com/gotenancy/tenancy/tenant"
)

type (
	company = gormmodel.Company
	contact = gormmodel.Contact
	tag     = gormmodel.Tag
	order   = gormmodel.Order
)

var gormQueries = []step[*gorm.DB]{
	{name: "Find", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Find(&list).Error
		return list, err
	}},
	{name: "First", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		err := db.First(&c).Error
		return c, err
	}},
	{name: "First by primary key", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		err := db.First(&c, 3).Error
		return c, err
	}},
	{name: "First of no row", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		err := db.First(&c, 99).Error
		return c, err
	}},
	{name: "Take and Last", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var one, last contact
		if err := db.Where("score > ?", 35).Take(&one).Error; err != nil {
			return nil, err
		}
		err := db.Last(&last).Error
		return []contact{one, last}, err
	}},
	{name: "Where with strings, structs and maps", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var a, b, c, d []contact
		err := db.Where("name LIKE ? AND score BETWEEN ? AND ?", "%o%", 5, 25).Find(&a).Error
		if err != nil {
			return nil, err
		}
		if err = db.Where(&contact{Name: "Bob"}).Find(&b).Error; err != nil {
			return nil, err
		}
		if err = db.Where(map[string]any{"name": "Dan", "score": 40}).Find(&c).Error; err != nil {
			return nil, err
		}
		err = db.Find(&d, []int64{1, 2, 99}).Error
		return []any{a, b, c, d}, err
	}},
	{name: "Or and Not", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var a, b []contact
		err := db.Where("name = ?", "Bob").Or("1 = 1").Order("id desc").Limit(3).Offset(1).Find(&a).Error
		if err != nil {
			return nil, err
		}
		err = db.Not("name = ?", "Bob").Where(db.Where("score > ?", 15).Or(db.Where("id = ?", 1))).Find(&b).Error
		return []any{a, b}, err
	}},
	{name: "Select, Omit and Pluck", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var a, b []contact
		var names []string
		if err := db.Select("id", "name").Find(&a).Error; err != nil {
			return nil, err
		}
		if err := db.Omit("email").Find(&b).Error; err != nil {
			return nil, err
		}
		err := db.Model(&contact{}).Distinct().Order("name").Pluck("name", &names).Error
		return []any{a, b, names}, err
	}},
	{name: "Count, Group and Having", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var n int64
		if err := db.Model(&contact{}).Where("score > ?", 10).Count(&n).Error; err != nil {
			return nil, err
		}
		var groups []struct {
			CompanyID *int64
			Total     int64
		}
		err := db.Model(&contact{}).Select("company_id, sum(score) as total").Group("company_id").
			Having("sum(score) > ?", 5).Order("total, company_id").Find(&groups).Error
		return []any{n, groups}, err
	}},
	{name: "smaller structs", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []struct {
			ID   int64
			Name string
		}
		err := db.Model(&contact{}).Limit(2).Order("id").Find(&list).Error
		return list, err
	}},
	{name: "maps", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []map[string]any
		err := db.Model(&company{}).Order("id").Find(&list).Error
		return list, err
	}},
	{name: "sub-queries", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var a []contact
		if err := db.Where("score > (?)", db.Model(&contact{}).Select("AVG(score)")).Find(&a).Error; err != nil {
			return nil, err
		}
		var b []contact
		if err := db.Where("company_id IN (?)", db.Model(&company{}).Select("id").Where("name = ?", "Same")).Find(&b).Error; err != nil {
			return nil, err
		}
		var names []string
		err := db.Table("(?) as u", db.Model(&contact{}).Select("name", "score")).Where("u.score < ?", 25).Order("name").Pluck("name", &names).Error
		return []any{a, b, names}, err
	}},
	{name: "Raw", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Raw("SELECT * FROM contacts WHERE id = @id OR name = @name ORDER BY id", sql.Named("id", 1), sql.Named("name", "Bob")).Scan(&list).Error
		return list, err
	}},
	{name: "Rows", do: func(_ context.Context, db *gorm.DB) (any, error) {
		rows, err := db.Model(&contact{}).Where("id < ?", 3).Order("id").Rows()
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var list []contact
		for rows.Next() {
			var c contact
			if err := db.ScanRows(rows, &c); err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, rows.Err()
	}},
	{name: "FindInBatches", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var batch []contact
		var ids [][]int64
		err := db.FindInBatches(&batch, 3, func(*gorm.DB, int) error {
			var page []int64
			for _, c := range batch {
				page = append(page, c.ID)
			}
			ids = append(ids, page)
			return nil
		}).Error
		return ids, err
	}},
	{name: "Scopes", do: func(_ context.Context, db *gorm.DB) (any, error) {
		best := func(db *gorm.DB) *gorm.DB { return db.Where("score >= ?", 30) }
		paged := func(db *gorm.DB) *gorm.DB { return db.Offset(1).Limit(1).Order("id") }
		var list []contact
		err := db.Scopes(best, paged).Find(&list).Error
		return list, err
	}},
	{name: "soft-deleted rows are not found", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list, all []order
		if err := db.Order("title").Find(&list).Error; err != nil {
			return nil, err
		}
		err := db.Unscoped().Order("title").Find(&all).Error
		return []any{list, all}, err
	}},
	{name: "locks", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		err := db.Clauses(clause.Locking{Strength: "UPDATE"}).First(&c, 1).Error
		return c, err
	}},
	{name: "locks that skip", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		err := db.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}).Where("id = ?", 1).Take(&c).Error
		return c, err
	}, only: []tenant.Dialect{tenant.Postgres, tenant.MySQL}},
	{name: "the generic interface", do: func(ctx context.Context, db *gorm.DB) (any, error) {
		list, err := gorm.G[contact](db).Where("score > ?", 10).Order("id").Find(ctx)
		if err != nil {
			return nil, err
		}
		n, err := gorm.G[company](db).Count(ctx, "*")
		return []any{list, n}, err
	}},
}

var gormAssociations = []step[*gorm.DB]{
	{name: "Preload of what a row belongs to", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Preload("Company").Order("id").Find(&list).Error
		return list, err
	}},
	{name: "Preload of many", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []company
		err := db.Preload("Contacts", func(db *gorm.DB) *gorm.DB { return db.Order("contacts.id") }).Order("id").Find(&list).Error
		return list, err
	}},
	{name: "Preload of many to many", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Preload("Tags", func(db *gorm.DB) *gorm.DB { return db.Order("tags.id") }).Order("id").Find(&list).Error
		return list, err
	}},
	{name: "Preload nested and with conditions", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []company
		err := db.Preload("Country").Preload("Contacts", "score > ?", 5).Preload("Contacts.Tags").Preload("Contacts.Orders").
			Order("id").Find(&list).Error
		return list, err
	}},
	{name: "Preload of all", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		err := db.Preload(clause.Associations).First(&c, 1).Error
		return c, err
	}},
	{name: "Joins", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Joins("Company").Order("contacts.id").Find(&list).Error
		return list, err
	}},
	{name: "Joins with conditions", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Joins("Company", db.Where(&company{Name: "Same"})).Order("contacts.id").Find(&list).Error
		return list, err
	}},
	{name: "Joins nested", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Joins("Company").Joins("Company.Country").Order("contacts.id").Find(&list).Error
		return list, err
	}},
	{name: "InnerJoins", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.InnerJoins("Company").Order("contacts.id").Find(&list).Error
		return list, err
	}},
	{name: "Joins in words", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []struct{ Name, Company string }
		err := db.Model(&contact{}).Select("contacts.name, companies.name as company").
			Joins("left join companies on companies.id = contacts.company_id AND companies.name <> ?", "Empty").Order("contacts.id").Scan(&list).Error
		return list, err
	}},
	{name: "Joins of a sub-query", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []order
		best := db.Model(&order{}).Select("MAX(amount)").Group("contact_id")
		err := db.Joins("join (?) q on orders.amount = q.best", db.Model(&order{}).Select("MAX(amount) as best").Where("amount IN (?)", best)).
			Find(&list).Error
		return list, err
	}},
	{name: "Association reads", do: func(_ context.Context, db *gorm.DB) (any, error) {
		c := contact{ID: 1}
		var tags []tag
		if err := db.Model(&c).Order("tags.id").Association("Tags").Find(&tags); err != nil {
			return nil, err
		}
		n := db.Model(&c).Association("Tags").Count()
		return []any{tags, n}, nil
	}},
	{name: "Association appends", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Model(&contact{ID: 4}).Association("Tags").Append(&tag{ID: 1, Label: "vip"}, &tag{ID: 10, Label: "ten"})
	}},
	{name: "Association replaces", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Model(&contact{ID: 4}).Association("Tags").Replace(&tag{ID: 2}, &tag{ID: 3})
	}},
	{name: "Association deletes", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Model(&contact{ID: 1}).Association("Tags").Delete(&tag{ID: 3})
	}},
	{name: "Association clears", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Model(&contact{ID: 3}).Association("Tags").Clear()
	}},
	{name: "Association of a has-many replaces", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Model(&company{ID: 3}).Association("Contacts").Replace(&contact{ID: 4, Name: "Dan", Email: "dan@example.com"})
	}},
}
