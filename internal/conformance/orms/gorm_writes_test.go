package orms

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gotenancy/tenancy/tenant"
)

var gormWrites = []step[*gorm.DB]{
	{name: "Create", do: func(_ context.Context, db *gorm.DB) (any, error) {
		c := contact{ID: 20, Name: "Tom", Email: "tom@example.com", Score: 1}
		r := db.Create(&c)
		return []any{c, r.RowsAffected}, r.Error
	}},
	{name: "Create gets the generated id", do: func(_ context.Context, db *gorm.DB) (any, error) {
		o := order{ContactID: 20, Title: "new", Amount: 11}
		if err := db.Create(&o).Error; err != nil {
			return nil, err
		}
		var again order
		err := db.First(&again, o.ID).Error
		return []any{o, again}, err
	}},
	{name: "Create several", do: func(_ context.Context, db *gorm.DB) (any, error) {
		list := []order{{ContactID: 20, Title: "a", Amount: 1}, {ContactID: 20, Title: "b", Amount: 2}, {ContactID: 2, Title: "c", Amount: 3}}
		if err := db.Create(&list).Error; err != nil {
			return nil, err
		}
		var again []order
		for _, o := range list {
			var one order
			if err := db.First(&one, o.ID).Error; err != nil {
				return nil, err
			}
			again = append(again, one)
		}
		return again, nil
	}},
	{name: "CreateInBatches", do: func(_ context.Context, db *gorm.DB) (any, error) {
		list := []tag{{ID: 21, Label: "x"}, {ID: 22, Label: "y"}, {ID: 23, Label: "z"}}
		r := db.CreateInBatches(list, 2)
		return r.RowsAffected, r.Error
	}},
	{name: "Create from maps", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Model(&tag{}).Create([]map[string]any{{"ID": 24, "Label": "map"}, {"ID": 25, "Label": "map too"}})
		return r.RowsAffected, r.Error
	}},
	{name: "Create with Select", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Select("ID", "Name", "Email").Create(&contact{ID: 26, Name: "Sel", Email: "sel@example.com", Score: 77})
		return r.RowsAffected, r.Error
	}},
	{name: "Create a key twice", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Create(&tag{ID: 24, Label: "again"}).Error
	}},
	{name: "Create breaks a foreign key", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Create(&order{ContactID: 99, Title: "of nobody"}).Error
	}},
	{name: "Save an existing row", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var c contact
		if err := db.First(&c, 2).Error; err != nil {
			return nil, err
		}
		c.Name, c.Score = "Bobby", 0
		r := db.Save(&c)
		return r.RowsAffected, r.Error
	}},
	{name: "Update", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Model(&contact{}).Where("score > ?", 30).Update("name", "High")
		return r.RowsAffected, r.Error
	}},
	{name: "Updates with a struct and a map", do: func(_ context.Context, db *gorm.DB) (any, error) {
		a := db.Model(&contact{ID: 1}).Updates(contact{Name: "Anna", Score: 12})
		if a.Error != nil {
			return nil, a.Error
		}
		b := db.Model(&contact{ID: 3}).Select("name", "score").Updates(map[string]any{"name": "Cindy", "score": 0, "email": "ignored"})
		return []int64{a.RowsAffected, b.RowsAffected}, b.Error
	}},
	{name: "Update with expressions and sub-queries", do: func(_ context.Context, db *gorm.DB) (any, error) {
		if err := db.Model(&contact{}).Where("id IN ?", []int64{1, 2}).UpdateColumn("score", gorm.Expr("score * ? + ?", 2, 1)).Error; err != nil {
			return nil, err
		}
		r := db.Model(&contact{}).Where("company_id IS NOT NULL").
			Update("name", db.Model(&company{}).Select("name").Where("companies.id = contacts.company_id"))
		return r.RowsAffected, r.Error
	}},
	{name: "Update without a condition", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Model(&contact{}).Update("name", "everybody").Error
	}},
	{name: "Update of all rows", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Session(&gorm.Session{AllowGlobalUpdate: true}).Model(&contact{}).Update("score", gorm.Expr("score + 1"))
		return r.RowsAffected, r.Error
	}},
	{name: "Update with Returning", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []contact
		err := db.Model(&list).Clauses(clause.Returning{}).Where("id < ?", 3).Update("score", 100).Error
		slices.SortFunc(list, func(a, b contact) int { return cmp.Compare(a.ID, b.ID) }) // no engine promises an order
		return list, err
	}, only: []tenant.Dialect{tenant.Postgres, tenant.SQLite}},
	{name: "Exec", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Exec("UPDATE contacts SET score = ? WHERE id IN ?", 7, []int64{2, 3})
		return r.RowsAffected, r.Error
	}},
	{name: "FirstOrInit and FirstOrCreate", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var a, b, c tag
		if err := db.Where(tag{Label: "no such"}).Attrs(tag{ID: 30}).FirstOrInit(&a).Error; err != nil {
			return nil, err
		}
		if err := db.Where(tag{Label: "created"}).Attrs(tag{ID: 31}).FirstOrCreate(&b).Error; err != nil {
			return nil, err
		}
		err := db.Where(tag{Label: "created"}).Attrs(tag{ID: 32}).FirstOrCreate(&c).Error
		return []tag{a, b, c}, err
	}},
}

var gormUpserts = []step[*gorm.DB]{
	{name: "Create with associations", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Create(&company{ID: 30, Name: "Thirty", Contacts: []contact{
			{ID: 31, Name: "Kim", Email: "kim@example.com", Tags: []tag{{ID: 1}, {ID: 33, Label: "fresh"}}},
			{ID: 32, Name: "Lee", Email: "lee@example.com", Orders: []order{{Title: "of Lee", Amount: 1}}},
		}}).Error
	}},
	{name: "Save a new row", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Save(&tag{ID: 34, Label: "saved"})
		return r.RowsAffected, r.Error
	}},
	{name: "Save several", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Save([]tag{{ID: 34, Label: "saved again"}, {ID: 35, Label: "saved too"}}).Error
	}},
	{name: "Save rows of a generated key", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []order
		if err := db.Order("id").Find(&list).Error; err != nil {
			return nil, err
		}
		for i := range list {
			list[i].Amount += 1000
		}
		return nil, db.Save(&list).Error
	}},
	{name: "OnConflict does nothing", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Clauses(clause.OnConflict{DoNothing: true}).Create(&[]tag{{ID: 34, Label: "ignored"}, {ID: 36, Label: "new"}}).Error
	}},
	{name: "OnConflict of a key does nothing", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}).
			Create(&[]tag{{ID: 34, Label: "ignored"}, {ID: 37, Label: "new"}}).Error
	}},
	{name: "OnConflict assigns columns", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "email"}},
			DoUpdates: clause.AssignmentColumns([]string{"name", "score"}),
		}).Create(&[]contact{{ID: 40, Name: "Ann again", Email: "ann@example.com", Score: 1}, {ID: 41, Name: "Max", Email: "max@example.com"}}).Error
	}},
	{name: "OnConflict assigns values", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "id"}},
			DoUpdates: clause.Assignments(map[string]any{"score": gorm.Expr("contacts.score + ?", 5)}),
		}).Create(&contact{ID: 1, Name: "nobody", Email: "new@example.com"}).Error
	}},
	{name: "OnConflict updates all", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]tag{{ID: 34, Label: "all"}, {ID: 38, Label: "new"}}).Error
	}},
	{name: "FullSaveAssociations", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Session(&gorm.Session{FullSaveAssociations: true}).
			Updates(&contact{ID: 1, Name: "Full", Tags: []tag{{ID: 1, Label: "VIP"}, {ID: 39, Label: "thirty-nine"}}}).Error
	}},
}

var gormDeletes = []step[*gorm.DB]{
	{name: "Delete softly", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Where("title = ?", "first").Delete(&order{})
		return r.RowsAffected, r.Error
	}},
	{name: "Delete for good", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Unscoped().Where("title = ?", "gone").Delete(&order{})
		return r.RowsAffected, r.Error
	}},
	{name: "Delete by primary key", do: func(_ context.Context, db *gorm.DB) (any, error) {
		r := db.Delete(&tag{}, []int64{21, 22, 99})
		return r.RowsAffected, r.Error
	}},
	{name: "Delete with Returning", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var gone []tag
		err := db.Clauses(clause.Returning{}).Where("id = ?", 23).Delete(&gone).Error
		return gone, err
	}},
	{name: "Delete without a condition", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Delete(&tag{}).Error
	}},
	{name: "Delete what others need", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Delete(&contact{ID: 1}).Error
	}},
	{name: "Delete with its associations", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Unscoped().Select("Tags", "Orders").Delete(&contact{ID: 3}).Error
	}},
}

var errEnough = errors.New("enough")

var gormTransactions = []step[*gorm.DB]{
	{name: "Transaction", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var n int64
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&tag{ID: 50, Label: "fifty"}).Error; err != nil {
				return err
			}
			return tx.Model(&tag{}).Count(&n).Error
		})
		return n, err
	}},
	{name: "Connection", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var list []tag
		err := db.Connection(func(tx *gorm.DB) error {
			if err := tx.Model(&tag{}).Where("id = ?", 50).Update("label", "on one connection").Error; err != nil {
				return err
			}
			return tx.Order("id").Find(&list).Error
		})
		return list, err
	}},
	{name: "Transaction rolled back", do: func(_ context.Context, db *gorm.DB) (any, error) {
		return nil, db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&tag{ID: 51, Label: "never"}).Error; err != nil {
				return err
			}
			return errEnough
		})
	}},
	{name: "Transaction within another", do: func(_ context.Context, db *gorm.DB) (any, error) {
		var inner error
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&tag{ID: 52, Label: "outer"}).Error; err != nil {
				return err
			}
			inner = tx.Transaction(func(tx *gorm.DB) error {
				if err := tx.Create(&tag{ID: 53, Label: "inner"}).Error; err != nil {
					return err
				}
				return errEnough
			})
			return tx.Transaction(func(tx *gorm.DB) error { return tx.Create(&tag{ID: 54, Label: "second inner"}).Error })
		})
		if !errors.Is(inner, errEnough) {
			return nil, errors.Join(inner, err)
		}
		return nil, err
	}},
	{name: "SavePoint and RollbackTo", do: func(_ context.Context, db *gorm.DB) (any, error) {
		tx := db.Begin()
		defer tx.Rollback()
		if err := tx.Create(&tag{ID: 55, Label: "kept"}).Error; err != nil {
			return nil, err
		}
		if err := tx.SavePoint("sp1").Error; err != nil {
			return nil, err
		}
		if err := tx.Create(&tag{ID: 56, Label: "undone"}).Error; err != nil {
			return nil, err
		}
		if err := tx.RollbackTo("sp1").Error; err != nil {
			return nil, err
		}
		return nil, tx.Commit().Error
	}},
}
