package scopetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gotenancy/tenancy/internal/ddl"
	"github.com/gotenancy/tenancy/internal/sqlscan"
	"github.com/gotenancy/tenancy/tenant"
)

// World is a schema with rows in three databases; see the package. It is not
// safe for concurrent use: open several.
type World struct {
	config  Config
	schema  *ddl.Schema
	tables  []*table
	tenants []tenant.ID
	filler  *filler

	shared, only, alone *database
	several             *database // the listed tenants' rows, see CheckAcross; nil until that is called

	byName          map[string]*table
	dump, dumpAlone string            // queries of all rows
	sharesKeys      bool              // the policy has keys that are unique across tenants
	tenantColumns   map[string]bool   // in lower case
	counts          bool              // the server counts something up in this schema
	asked           int               // statements so far
	others          map[string]string // rows of others in the shared database, by table
}

// NewWorld makes the databases and fills them.
func NewWorld(ctx context.Context, c Config) (_ *World, err error) {
	w := &World{config: c}
	if w.schema, err = ddl.Read(c.Policy.Dialect, c.Schema); err != nil {
		return nil, err
	}
	if w.tables, err = tablesOf(w.schema, c.Policy); err != nil {
		return nil, err
	}
	if w.tenants = c.Tenants; len(w.tenants) == 0 {
		if w.tenants, err = tenantsOf(c.Policy, w.schema); err != nil {
			return nil, err
		}
	}
	for i, id := range w.tenants {
		if !id.Valid() || slices.Contains(w.tenants[:i], id) {
			return nil, fmt.Errorf("scopetest: Config.Tenants holds %q, which is no tenant id or stands there twice", id)
		}
	}
	if len(w.tenants) < 2 {
		return nil, errors.New("scopetest: it takes two tenants at least to see one from the other")
	}
	w.tenantColumns, w.byName = map[string]bool{}, map[string]*table{}
	for i, t := range w.tables {
		if i > 0 {
			w.dump += " UNION ALL "
			w.dumpAlone += " UNION ALL "
		}
		w.dump += t.dump
		w.dumpAlone += t.dumpAlone
		w.byName[t.Name] = t
		w.sharesKeys = w.sharesKeys || t.sharesKeys
		w.tenantColumns[strings.ToLower(t.tenant)] = true
		w.counts = w.counts || slices.ContainsFunc(t.Columns, func(c ddl.Column) bool { return c.Numbered })
	}
	delete(w.tenantColumns, "")
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	w.filler = newFiller(c.Policy.Dialect, c, w.tables)
	w.filler.fillAll(len(w.tenants), nil)
	return w, w.load(ctx)
}

// open makes the three databases with their tables.
func (w *World) open(ctx context.Context) (err error) {
	alone, err := w.schema.Alone(func(name string) string {
		for _, t := range w.tables {
			if t.Name == name {
				return t.tenant
			}
		}
		return ""
	})
	if err != nil {
		return err
	}
	for _, db := range []struct {
		into  **database
		texts []string
		what  string
	}{{&w.shared, w.schema.Texts, "the schema"}, {&w.only, w.schema.Texts, "the schema"}, {&w.alone, alone, "the schema without its tenant columns"}} {
		if *db.into, err = openDatabase(ctx, w.config, db.into != &w.alone); err != nil {
			return err
		}
		for _, text := range db.texts {
			if err := (*db.into).exec(ctx, text); err != nil {
				return fmt.Errorf("scopetest: %s: %.80q: %w", db.what, text, err)
			}
		}
	}
	return nil
}

// Close drops the databases.
func (w *World) Close() error {
	var errs []error
	for _, db := range []*database{w.shared, w.only, w.alone, w.several} {
		if db != nil {
			errs = append(errs, db.close(context.Background()))
		}
	}
	return errors.Join(errs...)
}

// Reseed replaces the other tenants' rows by others that are made up anew: what
// a statement says must not change by it.
func (w *World) Reseed(ctx context.Context) error {
	kept := map[string][]row{}
	for name, rows := range w.filler.rows {
		kept[name] = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.owner > 0 })
	}
	w.filler.rnd = rand.New(rand.NewPCG(w.filler.rnd.Uint64(), w.config.Seed))
	w.filler.fillAll(len(w.tenants), kept)
	if err := w.empty(ctx, w.shared); err != nil {
		return err
	}
	if err := w.insert(ctx, w.shared, everyone, true); err != nil {
		return err
	}
	if w.several != nil {
		if err := w.empty(ctx, w.several); err != nil {
			return err
		}
		if err := w.insert(ctx, w.several, firstTwo, true); err != nil {
			return err
		}
	}
	return w.remember(ctx)
}

// load puts the rows into the databases.
func (w *World) load(ctx context.Context) error {
	if err := w.insert(ctx, w.shared, everyone, true); err != nil {
		return err
	}
	if err := w.insert(ctx, w.only, asking, true); err != nil {
		return err
	}
	if err := w.insert(ctx, w.alone, asking, false); err != nil {
		return err
	}
	return w.remember(ctx)
}

// empty deletes all rows of a database.
func (w *World) empty(ctx context.Context, db *database) error {
	return w.within(ctx, db, func() error {
		for _, t := range slices.Backward(w.tables) {
			if err := db.exec(ctx, "DELETE FROM "+t.name); err != nil {
				return fmt.Errorf("scopetest: emptying table %s: %w", t.Name, err)
			}
		}
		return nil
	})
}

// within runs fn in a transaction.
func (w *World) within(ctx context.Context, db *database, fn func() error) error {
	if err := db.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return errors.Join(err, db.exec(ctx, "ROLLBACK"))
	}
	return db.exec(ctx, "COMMIT")
}

// What a database holds: the rows of the owners below the limit, and everybody's.
const (
	asking   = 1 // the tenant that asks
	firstTwo = 2
	everyone = 1 << 30
)

// insert fills a database with the rows of the owners below the limit.
// A row that the engine does not take - because of a condition that the schema
// has and this package does not know - is left out of all of them.
func (w *World) insert(ctx context.Context, db *database, below int, column bool) error {
	return w.within(ctx, db, func() error {
		for _, t := range w.tables {
			var rows []row
			for _, r := range w.filler.rows[t.Name] {
				if r.owner < below {
					rows = append(rows, r)
				}
			}
			if len(rows) == 0 {
				continue
			}
			if err := db.exec(ctx, "SAVEPOINT s"); err != nil {
				return err
			}
			err := db.exec(ctx, w.insertText(t, rows, column))
			if err != nil && db == w.shared {
				if err := db.exec(ctx, "ROLLBACK TO SAVEPOINT s"); err != nil {
					return err
				}
				err = w.insertEach(ctx, db, t, rows)
			}
			if err != nil {
				return fmt.Errorf("scopetest: filling table %s: %w", t.Name, err)
			}
			if err := db.exec(ctx, "RELEASE SAVEPOINT s"); err != nil {
				return err
			}
			if err := w.countOn(ctx, db, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// insertEach inserts one row after the other, and forgets those that fail.
func (w *World) insertEach(ctx context.Context, db *database, t *table, rows []row) error {
	var taken []row
	var last error
	for _, r := range rows {
		if err := db.exec(ctx, "SAVEPOINT r"); err != nil {
			return err
		}
		end := "RELEASE SAVEPOINT r"
		if err := db.exec(ctx, w.insertText(t, []row{r}, true)); err != nil {
			end, last = "ROLLBACK TO SAVEPOINT r", err
		} else {
			taken = append(taken, r)
		}
		if err := db.exec(ctx, end); err != nil {
			return err
		}
	}
	w.filler.rows[t.Name] = taken
	if len(taken) == 0 {
		return fmt.Errorf("none of the rows that were made up is accepted, set Config.Value: %w", last)
	}
	return nil
}

func (w *World) insertText(t *table, rows []row, column bool) string {
	column = column && t.tenant != ""
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (", t.name)
	for i, name := range t.others {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(sqlscan.Quote(w.schema.Dialect, name))
	}
	if column {
		if len(t.others) > 0 {
			b.WriteString(", ")
		}
		b.WriteString(sqlscan.Quote(w.schema.Dialect, t.tenant))
	}
	b.WriteString(") VALUES ")
	for i, r := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + strings.Join(r.cells, ", "))
		if column {
			if len(r.cells) > 0 {
				b.WriteString(", ")
			}
			if r.owner == everybody {
				b.WriteString("NULL")
			} else {
				b.WriteString("'" + string(w.tenants[r.owner]) + "'")
			}
		}
		b.WriteString(")")
	}
	return b.String()
}

// countOn makes PostgreSQL's sequences go on where the rows end; the other
// engines look at the rows themselves.
func (w *World) countOn(ctx context.Context, db *database, t *table) error {
	if w.schema.Dialect != tenant.Postgres {
		return nil
	}
	for _, c := range t.Columns {
		if c.Numbered {
			query := fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), %d)", strings.ReplaceAll(t.name, "'", "''"), c.Name, generatedAbove)
			if _, err := db.lines(ctx, query); err != nil {
				return fmt.Errorf("scopetest: the sequence of table %s: %w", t.Name, err)
			}
		}
	}
	return nil
}
