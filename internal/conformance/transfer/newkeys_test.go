package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/scope/transfer"
	"github.com/gotenancy/tenancy/tenant"
)

// moved says what changes when a tenant of an application is copied within its
// database: numbers by their roots, texts by a function.
type moved struct {
	references map[string]string // as ImportOptions.References
	texts      []string          // keys that a function maps
	numbers    map[string]string // each column of numbers that moves, and its root
	opaque     []string          // what is new altogether
}

var moves = map[tenant.Dialect]moved{
	tenant.Postgres: {
		references: map[string]string{"reading_days.user_id": "users.id", "labels.user_id": "users.id", "users.theme_id": ""},
		texts:      []string{"sessions.token", "api_keys.token_hash"},
		numbers:    map[string]string{"entries.id": "entries.id", "enclosures.entry_id": "entries.id", "entry_labels.entry_id": "entries.id"},
		opaque:     []string{"jobs.id"},
	},
	tenant.MySQL: {
		references: map[string]string{
			"watchers.ticket_id": "tickets.id", "watchers.agent_id": "agents.id", "time_entries.ticket_id": "tickets.id", "time_entries.agent_id": "agents.id",
			"satisfaction.ticket_id": "tickets.id", "audit_events.ticket_id": "tickets.id", "messages.author_id": "",
		},
		texts: []string{"attachments.storage_key"},
		numbers: map[string]string{
			"agents.id": "agents.id", "customers.id": "customers.id", "tickets.id": "tickets.id", "tickets.customer_id": "customers.id",
			"tickets.assignee_id": "agents.id", "tickets.parent_id": "tickets.id", "messages.id": "messages.id", "messages.ticket_id": "tickets.id",
			"attachments.id": "attachments.id", "attachments.message_id": "messages.id", "ticket_tags.ticket_id": "tickets.id",
			"watchers.ticket_id": "tickets.id", "watchers.agent_id": "agents.id", "time_entries.ticket_id": "tickets.id", "time_entries.agent_id": "agents.id",
			"satisfaction.ticket_id": "tickets.id", "audit_events.ticket_id": "tickets.id", "audit_events.id": "audit_events.id", "outbox.id": "outbox.id",
		},
	},
	tenant.SQLite: {
		references: map[string]string{"price_history.product_id": "products.id", "reviews.product_id": "products.id", "reviews.customer_id": "customers.id", "product_tags.product_id": "products.id"},
		texts:      []string{"carts.token", "payments.reference"},
		numbers: map[string]string{
			"products.id": "products.id", "price_history.product_id": "products.id", "customers.id": "customers.id", "addresses.customer_id": "customers.id",
			"carts.customer_id": "customers.id", "cart_items.product_id": "products.id", "orders.id": "orders.id", "orders.customer_id": "customers.id",
			"order_lines.id": "order_lines.id", "order_lines.order_id": "orders.id", "order_lines.product_id": "products.id", "payments.id": "payments.id",
			"payments.order_id": "orders.id", "stock_moves.id": "stock_moves.id", "stock_moves.product_id": "products.id", "reviews.product_id": "products.id",
			"reviews.customer_id": "customers.id", "product_tags.product_id": "products.id", "events.id": "events.id",
		},
	},
}

// A copy of a tenant beside the tenant, in one database: keys that all tenants
// share are new ones, and what refers to them follows.
func TestNewKeys(t *testing.T) {
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		w := filled(t, e, corpus(t, own[e.Dialect]), 2, 10)
		w.entangle(t)
		id, copied := w.tenants[0], tenant.ID("a-newcomer")
		file, sum := w.export(t, id, transfer.ExportOptions{})
		before := w.dump(t)
		m := moves[e.Dialect]
		o := transfer.ImportOptions{Into: copied, NewKeys: true, References: maps.Clone(m.references), Map: map[string]transfer.MapFunc{}}
		for _, name := range m.texts {
			o.Map[name] = func(_ context.Context, old string) (string, bool, error) {
				return "x" + old[min(1, len(old)):], true, nil
			}
		}

		t.Run("taken", func(t *testing.T) {
			_, err := transfer.Import(t.Context(), w.db, bytes.NewReader(file), transfer.ImportOptions{Into: copied})
			var taken *transfer.KeysTakenError
			require.ErrorAs(t, err, &taken)
			require.NotEmpty(t, taken.Keys)
			require.Equal(t, before, w.dump(t))
		})
		t.Run("a column that looks like a reference", func(t *testing.T) {
			for name := range m.references {
				less := o
				less.References = maps.Clone(o.References)
				delete(less.References, name)
				_, err := transfer.Import(t.Context(), w.db, bytes.NewReader(file), less)
				var tables *transfer.TablesError
				require.ErrorAs(t, err, &tables)
				require.Equal(t, []string{name}, tables.Tables)
			}
			require.Equal(t, before, w.dump(t))
		})

		got, err := transfer.Import(t.Context(), w.db, bytes.NewReader(file), o)
		require.NoError(t, err)
		require.Equal(t, sum.Tables, got.Tables)
		after := w.dump(t)
		require.Equal(t, before, after.without(copied))
		require.Equal(t, w.relative(t, id, m), w.relative(t, copied, m))
		w.counts(t, copied)

		// And away again: only the copy goes.
		_, err = transfer.Purge(t.Context(), w.db, copied, transfer.PurgeOptions{Batch: 4})
		require.NoError(t, err)
		require.Equal(t, before, w.dump(t))
	})
}

// relative returns a tenant's rows with each number that moves as its distance from
// the least one of its root, and with the texts that a function maps left out.
func (w *world) relative(t *testing.T, id tenant.ID, m moved) map[string][]string {
	t.Helper()
	least := map[string]int64{}
	for _, root := range m.numbers {
		table, column, _ := strings.Cut(root, ".")
		var n sql.NullInt64
		require.NoError(t, w.db.QueryRowContext(w.as(t, id), "SELECT MIN("+column+") FROM "+table).Scan(&n))
		least[root] = n.Int64
	}
	out := map[string][]string{}
	for _, x := range w.shape.Tables {
		if x.Tenant == "" {
			continue
		}
		var list, names []string
		for _, c := range x.Columns {
			if c.Name == x.Tenant {
				continue
			}
			expr := w.quote(c.Name)
			if root := m.numbers[x.Name+"."+c.Name]; root != "" {
				expr = fmt.Sprintf("%s - (%d)", expr, least[root])
			}
			list, names = append(list, expr), append(names, x.Name+"."+c.Name)
		}
		r, err := w.db.QueryContext(w.as(t, id), "SELECT "+strings.Join(list, ", ")+" FROM "+w.quote(x.Name)+" WHERE "+w.quote(x.Tenant)+" IS NOT NULL")
		require.NoError(t, err)
		for r.Next() {
			values, into := make([]any, len(list)), make([]any, len(list))
			for i := range values {
				into[i] = &values[i]
			}
			require.NoError(t, r.Scan(into...))
			line := ""
			for i, name := range names {
				if b, ok := values[i].([]byte); ok {
					values[i] = string(b)
				}
				if slices.Contains(m.texts, name) || slices.Contains(m.opaque, name) || name == "cart_items.cart_token" {
					values[i] = "new"
				}
				line += fmt.Sprintf("|%s=%v", name, values[i])
			}
			out[x.Name] = append(out[x.Name], line)
		}
		require.NoError(t, r.Close())
		slices.Sort(out[x.Name])
	}
	return out
}

// counts inserts one more row where the server counts: it must not meet a row.
func (w *world) counts(t *testing.T, id tenant.ID) {
	t.Helper()
	insert := map[tenant.Dialect]string{
		tenant.Postgres: "INSERT INTO icons (hash, mime_type) VALUES ('one more', 'x')",
		tenant.MySQL:    "INSERT INTO audit_events (actor, action) VALUES ('one', 'more')",
		tenant.SQLite:   "INSERT INTO events (kind) VALUES ('one more')",
	}[w.engine.Dialect]
	w.exec(t, w.as(t, id), insert)
}
