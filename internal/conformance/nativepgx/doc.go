// Package nativepgx proves package scopepgx on a real PostgreSQL. As in package
// scoping answers are compared, not SQL text: what a tenant gets through the
// scoped DB must be what plain pgx gives on a database that holds nothing but
// this tenant's rows, and that has no tenant column at all.
package nativepgx
