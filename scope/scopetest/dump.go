package scopetest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// dumps returns the queries of all rows of a table, in the shared database and in
// that without tenant columns. A row is the table's name, its tenant, and all other
// columns as one text, in which a number that the server has counted up is #: one
// query of all tables costs a server as much as one of a single table.
func (t *table) dumps(d tenant.Dialect) (withTenant, alone string) {
	parts := make([]string, len(t.others))
	for i, name := range t.others {
		column := sqlscan.Quote(d, name)
		var text string
		switch d {
		case tenant.Postgres:
			text = "COALESCE(quote_literal(" + column + "::text), 'NULL')"
		case tenant.MySQL:
			text = "QUOTE(" + column + ")" // NULL as a word
			if t.Column(name).Kind == ddl.Blob {
				text = "COALESCE(HEX(" + column + "), 'NULL')"
			}
		default:
			text = "quote(" + column + ")"
		}
		if t.Column(name).Numbered {
			text = fmt.Sprintf("CASE WHEN %s > %d THEN '#' ELSE %s END", column, generatedAbove, text)
		}
		parts[i] = text
	}
	row := "''"
	switch {
	case len(parts) == 0:
	case d == tenant.MySQL:
		// The tables may have texts in different character sets, which no UNION takes.
		row = "CONVERT(CONCAT_WS(', ', " + strings.Join(parts, ", ") + ") USING utf8mb4) COLLATE utf8mb4_bin"
	default:
		row = strings.Join(parts, " || ', ' || ")
	}
	name := "'" + strings.ReplaceAll(t.Name, "'", "''") + "'"
	alone = "SELECT " + name + ", '0', " + row + " FROM " + t.name
	if t.tenant == "" {
		return alone, alone
	}
	column := sqlscan.Quote(d, t.tenant)
	whose := "CONVERT(CAST(" + column + " AS CHAR) USING utf8mb4) COLLATE utf8mb4_bin"
	if d != tenant.MySQL {
		whose = "CAST(" + column + " AS TEXT)"
	}
	return "SELECT " + name + ", " + whose + ", " + row + " FROM " + t.name, alone
}

// look reads all rows as they are now.
func (w *World) look(ctx context.Context, db *database, t *trial) error {
	query := w.dump
	if db == w.alone {
		query = w.dumpAlone
	}
	lines, err := db.lines(ctx, query)
	if err != nil {
		return fmt.Errorf("scopetest: reading all rows: %w", err)
	}
	own, others := map[string]*strings.Builder{}, map[string]*strings.Builder{}
	for _, tab := range w.tables {
		own[tab.Name], others[tab.Name] = &strings.Builder{}, &strings.Builder{}
	}
	for _, line := range lines { // sorted
		name, rest, _ := strings.Cut(line, " | ")
		id, cells, _ := strings.Cut(rest, " | ")
		tab := w.byName[name]
		if tab.tenant == "" || db == w.alone || id == string(w.tenants[0]) || id == "NULL" && tab.class == scope.Mixed {
			own[name].WriteString(maskTimes(cells) + "\n")
		}
		if tab.tenant != "" && db != w.alone && id != string(w.tenants[0]) {
			others[name].WriteString(line + "\n")
		}
	}
	t.own, t.others = map[string]string{}, map[string]string{}
	for _, tab := range w.tables {
		// Everybody's rows come between own ones alone, and before or behind them
		// where they have a tenant.
		t.own[tab.Name], t.others[tab.Name] = sortedLines(own[tab.Name].String()), others[tab.Name].String()
	}
	return nil
}

// writtenTime is a time in a row.
var writtenTime = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d)?`)

// maskTimes masks what a clock has given: see writeTime.
func maskTimes(cells string) string {
	if !strings.Contains(cells, ":") {
		return cells
	}
	return writtenTime.ReplaceAllStringFunc(cells, func(text string) string {
		for _, layout := range []string{"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999-07", time.RFC3339Nano} {
			if at, err := time.Parse(layout, text); err == nil {
				var b strings.Builder
				writeTime(&b, at, text)
				return b.String()
			}
		}
		return text
	})
}

func sortedLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.TrimPrefix(strings.Join(lines, "\n"), "\n")
}
