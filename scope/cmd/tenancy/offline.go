package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"github.com/gotenancy/tenancy/scope"
)

// offline is a scoped pool without a server, for statements that are only looked
// at. Its catalogue is that of the schema's text, and where a quoted text ends it
// answers as a server does that nobody has set up otherwise.
func offline(p scope.Policy, cat *scope.Catalogue) (*sql.DB, error) {
	p.Catalogue = cat
	return scope.OpenDB(nowhere{}, p)
}

// nowhere is a connector without a server behind it.
type nowhere struct{}

// Connect implements driver.Connector.
func (nowhere) Connect(context.Context) (driver.Conn, error) { return noConn{}, nil }

// Driver implements driver.Connector.
func (nowhere) Driver() driver.Driver { return nil }

var errNowhere = errors.New("there is no server")

// noConn is a connection of nowhere.
type noConn struct{}

// Prepare implements driver.Conn.
func (noConn) Prepare(string) (driver.Stmt, error) { return nil, errNowhere }

// Begin implements driver.Conn.
func (noConn) Begin() (driver.Tx, error) { return nil, errNowhere }

// Close implements driver.Conn.
func (noConn) Close() error { return nil }

// QueryContext answers what the scoper asks about the settings of a connection.
func (noConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	switch {
	case strings.Contains(query, "sql_mode"):
		return &settings{"STRICT_TRANS_TABLES", "utf8mb4"}, nil
	case strings.Contains(query, "standard_conforming_strings"):
		return &settings{"on", "UTF8"}, nil
	}
	return nil, errNowhere
}

// settings are one row of two texts.
type settings [2]string

// Columns implements driver.Rows.
func (*settings) Columns() []string { return make([]string, 2) }

// Close implements driver.Rows.
func (*settings) Close() error { return nil }

// Next implements driver.Rows.
func (s *settings) Next(to []driver.Value) error {
	if s[0] == "" {
		return io.EOF
	}
	to[0], to[1] = s[0], s[1]
	*s = settings{}
	return nil
}
