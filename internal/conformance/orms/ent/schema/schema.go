// Package schema describes an application with ent.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// Country has many companies.
type Country struct{ ent.Schema }

// Fields of a country.
func (Country) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("code").MaxLen(2),
		field.String("title").MaxLen(80),
	}
}

// Edges of a country.
func (Country) Edges() []ent.Edge {
	return []ent.Edge{edge.To("companies", Company.Type)}
}

// Company has many contacts and belongs to a country.
type Company struct{ ent.Schema }

// Fields of a company.
func (Company) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("name").MaxLen(80).Unique(),
		field.String("country_code").Optional().Nillable(),
	}
}

// Edges of a company.
func (Company) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("country", Country.Type).Ref("companies").Field("country_code").Unique(),
		edge.To("contacts", Contact.Type),
	}
}

// Contact belongs to a company, has many orders and shares its tags.
type Contact struct{ ent.Schema }

// Fields of a contact.
func (Contact) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("company_id").Optional().Nillable(),
		field.String("name").MaxLen(80).NotEmpty(),
		field.String("email").MaxLen(80).Unique(),
		field.Int64("score").Default(0),
	}
}

// Edges of a contact.
func (Contact) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("company", Company.Type).Ref("contacts").Field("company_id").Unique(),
		edge.To("tags", Tag.Type).StorageKey(edge.Table("contact_tags"), edge.Columns("contact_id", "tag_id")),
		edge.To("orders", Order.Type),
	}
}

// Tag is on many contacts.
type Tag struct{ ent.Schema }

// Fields of a tag.
func (Tag) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("label").MaxLen(80),
	}
}

// Edges of a tag.
func (Tag) Edges() []ent.Edge {
	return []ent.Edge{edge.From("contacts", Contact.Type).Ref("tags")}
}

// Order has an id that the database generates, and is deleted softly.
type Order struct{ ent.Schema }

// Fields of an order.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("contact_id"),
		field.String("title").MaxLen(80),
		field.Int64("amount"),
		field.Time("created_at").Optional().Default(func() time.Time { return time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC) }),
		field.Time("deleted_at").Optional().Nillable(),
	}
}

// Edges of an order.
func (Order) Edges() []ent.Edge {
	return []ent.Edge{edge.From("contact", Contact.Type).Ref("orders").Field("contact_id").Unique().Required()}
}
