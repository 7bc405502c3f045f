// Package ent is what ent generates from package schema. After a change there:
//
//	go generate ./orms/ent && go mod tidy
package ent

//go:generate go run -mod=mod entgo.io/ent/cmd/ent generate --feature sql/upsert,sql/lock,sql/modifier,sql/execquery ./schema
