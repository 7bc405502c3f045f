// Package gormmodel holds the models of an application with GORM.
package gormmodel

import (
	"time"

	"gorm.io/gorm"
)

// Country has many companies.
type Country struct {
	Code  string `gorm:"primaryKey;size:2"`
	Title string `gorm:"size:80"`
}

// Company has many contacts and belongs to a country.
type Company struct {
	ID          int64  `gorm:"primaryKey;autoIncrement:false"`
	Name        string `gorm:"size:80"`
	CountryCode *string
	Country     *Country  `gorm:"foreignKey:CountryCode"`
	Contacts    []Contact `json:",omitempty"`
}

// Contact belongs to a company, has many orders and shares its tags.
type Contact struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"`
	CompanyID *int64
	Company   *Company `json:",omitempty"`
	Name      string   `gorm:"size:80"`
	Email     string   `gorm:"size:80"`
	Score     int64
	Tags      []Tag   `gorm:"many2many:contact_tags" json:",omitempty"`
	Orders    []Order `json:",omitempty"`
}

// Tag is on many contacts.
type Tag struct {
	ID       int64     `gorm:"primaryKey;autoIncrement:false"`
	Label    string    `gorm:"size:80"`
	Contacts []Contact `gorm:"many2many:contact_tags" json:",omitempty"`
}

// Order is deleted softly. Its id is the database's, so that answers leave it
// out: the sequence is shared by all tenants.
type Order struct {
	ID        int64 `json:"-"`
	ContactID int64
	Title     string `gorm:"size:80"`
	Amount    int64
	CreatedAt time.Time
	DeletedAt gorm.DeletedAt
}
