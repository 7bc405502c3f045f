package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/gotenancy/tenancy/scope"
)

// check compares a policy with a live schema.
func check(ctx context.Context, args []string, s streams) (exit int, err error) {
	f := flag.NewFlagSet("check", flag.ContinueOnError)
	dsn := f.String("dsn", "", "`DSN` of the database; for SQLite the name of its file")
	policyFile := f.String("policy", "", "`file` with the policy as JSON")
	asJSON := f.Bool("json", false, "write the findings as JSON")
	if err := parse(f, args, s, "dsn", "policy"); err != nil {
		return 0, err
	}
	db, err := openPool(*dsn, *policyFile)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := scope.Check(ctx, db)
	if err != nil {
		return 0, err
	}
	if *asJSON {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		err = enc.Encode(found)
	} else {
		_, err = fmt.Fprintln(s.out, found)
	}
	if err != nil {
		return 0, err
	}
	if found.Err() != nil {
		return exitFound, nil
	}
	return exitOK, nil
}
