// Package scoping proves package scope on real engines. Its oracle compares
// answers, not SQL text: what a scoped statement gives on a database shared by
// several tenants must be what the original statement gives on a database that
// holds nothing but this tenant's rows, and that has no tenant column at all.
package scoping
