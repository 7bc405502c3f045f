// Package orms proves that the libraries of Go applications work on a scoped
// pool as they are: sqlx, GORM, ent, bun, sqlc's code and squirrel.
//
// The application of these tests has no tenants. Its models have no tenant
// field, its queries no tenant column, and it is written as the documentation
// of each library has it. The same steps run on a database of one tenant alone,
// without any tenant column, and on the scoped pool over a database that two
// tenants share. Each step must give the same on both, and leave every other
// tenant's row as it was, byte for byte. What stays refused on the scoped pool
// is a step as well, with the reason.
package orms
