// Package bunmodel holds the models of an application with bun.
package bunmodel

import (
	"time"

	"github.com/uptrace/bun"
)

// Country has many companies.
type Country struct {
	bun.BaseModel `bun:"table:countries,alias:co" json:"-"`

	Code  string `bun:",pk"`
	Title string
}

// Company has many contacts and belongs to a country.
type Company struct {
	bun.BaseModel `bun:"table:companies,alias:cy" json:"-"`

	ID          int64 `bun:",pk"`
	Name        string
	CountryCode *string
	Country     *Country   `bun:"rel:belongs-to,join:country_code=code" json:",omitempty"`
	Contacts    []*Contact `bun:"rel:has-many,join:id=company_id" json:",omitempty"`
}

// Contact belongs to a company, has many orders and shares its tags.
type Contact struct {
	bun.BaseModel `bun:"table:contacts,alias:c" json:"-"`

	ID        int64 `bun:",pk"`
	CompanyID *int64
	Name      string
	Email     string
	Score     int64
	Company   *Company `bun:"rel:belongs-to,join:company_id=id" json:",omitempty"`
	Tags      []*Tag   `bun:"m2m:contact_tags,join:Contact=Tag" json:",omitempty"`
	Orders    []*Order `bun:"rel:has-many,join:id=contact_id" json:",omitempty"`
}

// Tag is on many contacts.
type Tag struct {
	bun.BaseModel `bun:"table:tags,alias:t" json:"-"`

	ID    int64 `bun:",pk"`
	Label string
}

// ContactTag joins contacts and tags.
type ContactTag struct {
	bun.BaseModel `bun:"table:contact_tags,alias:ct" json:"-"`

	ContactID int64    `bun:",pk"`
	Contact   *Contact `bun:"rel:belongs-to,join:contact_id=id" json:"-"`
	TagID     int64    `bun:",pk"`
	Tag       *Tag     `bun:"rel:belongs-to,join:tag_id=id" json:"-"`
}

// Order is deleted softly. Its id is the database's, so that answers leave it
// out: the sequence is shared by all tenants.
type Order struct {
	bun.BaseModel `bun:"table:orders,alias:o" json:"-"`

	ID        int64 `bun:",pk,autoincrement" json:"-"`
	ContactID int64
	Title     string
	Amount    int64
	CreatedAt time.Time
	DeletedAt time.Time `bun:",soft_delete,nullzero" json:"-"`
}
