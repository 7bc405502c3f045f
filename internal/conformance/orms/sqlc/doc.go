// Package sqlc holds what sqlc generates from the queries of an application,
// one package a dialect. After a change of a query or of a schema:
//
//	go generate ./orms/sqlc
package sqlc

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate
