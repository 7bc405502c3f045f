package nativepgx

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// step is one thing an application does; it returns what it got. It is written
// for plain pgx and knows of no tenant.
type step struct {
	name string
	do   func(ctx context.Context, db beginner) (string, error)
}

type contact struct {
	ID    int32
	Name  string
	Score *int32
}

func query(text string, args ...any) step {
	return step{text, func(ctx context.Context, db beginner) (string, error) { return answer(ctx, db, text, args...) }}
}

func exec(text string, args ...any) step {
	return step{text, func(ctx context.Context, db beginner) (string, error) {
		tag, err := db.Exec(ctx, text, args...)
		return tag.String(), err
	}}
}

var steps = []step{
	query("SELECT * FROM contacts ORDER BY id"),
	query("SELECT c.*, n.body FROM contacts c LEFT JOIN notes n ON n.contact_id = c.id ORDER BY c.id, n.id"),
	query("SELECT id FROM contacts WHERE id = $1 OR name LIKE $2 ORDER BY id", 1, "%"),
	query("SELECT count(*) AS k FROM notes WHERE contact_id = ANY($1)", []int32{1, 9}),
	query("SELECT c.name, k.title FROM contacts c, countries k ORDER BY 1, 2"),
	query("SELECT id, title FROM templates ORDER BY id"),
	query("SELECT id, name FROM contacts WHERE id = @id OR name = @name ORDER BY id", pgx.NamedArgs{"id": 2, "name": "Same"}),
	query("SELECT id, name FROM contacts WHERE id > @id ORDER BY id", pgx.StrictNamedArgs{"id": 1}),
	query("SELECT id FROM contacts WHERE id > @id", pgx.StrictNamedArgs{"other": 1}),
	query("SELECT id FROM contacts WHERE id > @id", pgx.StructArgs(7)),
	query("SELECT id FROM contacts WHERE name = @Name", pgx.StructArgs(contact{Name: "Same"})),
	query("SELECT id FROM contacts WHERE id = @id", pgx.QueryExecModeDescribeExec, pgx.NamedArgs{"id": 1}),
	query("SELECT name FROM contacts WHERE id > $1 ORDER BY id", pgx.QueryExecModeExec, 1),
	query("SELECT name FROM contacts WHERE id > $1 ORDER BY id", pgx.QueryExecModeCacheDescribe, 1),
	query("SELECT * FROM contacts ORDER BY id", pgx.QueryResultFormats{pgx.TextFormatCode, pgx.TextFormatCode, pgx.TextFormatCode}),
	query("SELECT * FROM contacts ORDER BY id", pgx.QueryResultFormatsByOID{}),
	exec("INSERT INTO contacts (id, name) VALUES ($1, $2), ($3, $4)", 10, "Ten", 11, "Eleven"),
	exec("INSERT INTO contacts (id, name) VALUES ($1, $2)", 10, "again"),
	exec("INSERT INTO notes (id, contact_id, body) SELECT id + 100, id, name FROM contacts WHERE id >= $1", 10),
	exec("INSERT INTO templates (id, title) VALUES (7, 'mine')"),
	exec("INSERT INTO clicks (id, label) VALUES ($1, $2)", 5, "five"),
	exec("UPDATE contacts SET name = name || $1", "!"),
	exec("UPDATE contacts SET score = @s WHERE id = @id", pgx.NamedArgs{"s": 5, "id": 1}),
	exec("DELETE FROM notes WHERE body IS NULL OR 1 = 1 AND id = $1", pgx.QueryExecModeExec, 3),
	exec("UPDATE contacts SET score = 1 / 0"),
	query("SELECT id, nothing FROM contacts"),
	{"QueryRow", func(ctx context.Context, db beginner) (string, error) {
		var name string
		err := db.QueryRow(ctx, "SELECT name FROM contacts WHERE id = $1", 2).Scan(&name)
		return name, err
	}},
	{"QueryRow, none", func(ctx context.Context, db beginner) (string, error) {
		return "", db.QueryRow(ctx, "SELECT name FROM contacts WHERE id = $1", 99).Scan(new(string))
	}},
	{"INSERT RETURNING", func(ctx context.Context, db beginner) (string, error) {
		rows, err := db.Query(ctx, "INSERT INTO contacts (id, name, score) VALUES (12, 'Twelve', 1) RETURNING *")
		if err != nil {
			return "", err
		}
		c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[contact])
		return fmt.Sprint(c.ID, c.Name, *c.Score), err
	}},
	{"CollectRows", func(ctx context.Context, db beginner) (string, error) {
		rows, _ := db.Query(ctx, "SELECT * FROM contacts ORDER BY id")
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[contact])
		names := ""
		for _, c := range list {
			names += c.Name + ";"
		}
		return names, err
	}},
	{"ForEachRow", func(ctx context.Context, db beginner) (string, error) {
		var id int
		var out []string
		rows, _ := db.Query(ctx, "SELECT id FROM notes ORDER BY id")
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error { out = append(out, fmt.Sprint(id)); return nil })
		return strings.Join(out, " "), err
	}},
	{"batch with callbacks", func(ctx context.Context, db beginner) (string, error) {
		var out []string
		b := &pgx.Batch{}
		b.Queue("UPDATE contacts SET score = score + 1 WHERE id > $1", 0).Exec(func(tag pgconn.CommandTag) error {
			out = append(out, tag.String())
			return nil
		})
		b.Queue("SELECT id, score FROM contacts WHERE id = @id", pgx.NamedArgs{"id": 1}).Query(func(rows pgx.Rows) error {
			text, err := table(rows)
			out = append(out, text)
			return err
		})
		b.Queue("INSERT INTO notes (id, body) VALUES ($1, $2)", 50, "fifty")
		late := b.Queue("SELECT count(*) FROM notes")
		br := db.SendBatch(ctx, b)
		late.QueryRow(func(row pgx.Row) error { // pgx looks for it when it closes the results
			var n int
			err := row.Scan(&n)
			out = append(out, fmt.Sprint(n))
			return err
		})
		err := br.Close()
		return strings.Join(out, "\n"), err
	}},
	{"batch read in turn", func(ctx context.Context, db beginner) (string, error) {
		b := &pgx.Batch{}
		b.Queue("SELECT name FROM contacts ORDER BY id")
		b.Queue("SELECT id FROM notes ORDER BY id LIMIT $1", 1)
		b.Queue("DELETE FROM notes WHERE id = 50")
		br := db.SendBatch(ctx, b)
		rows, err := br.Query()
		if err != nil {
			return "", err
		}
		out, err := table(rows)
		if err != nil {
			return "", err
		}
		var id int
		if err := br.QueryRow().Scan(&id); err != nil {
			return "", err
		}
		tag, err := br.Exec()
		return fmt.Sprint(out, id, tag), errors.Join(err, br.Close())
	}},
	{"batch with an error", func(ctx context.Context, db beginner) (string, error) {
		b := &pgx.Batch{}
		b.Queue("DELETE FROM contacts")
		b.Queue("INSERT INTO contacts (id) VALUES ($1), ($1)", 70)
		return "", db.SendBatch(ctx, b).Close()
	}},
	{"empty batch", func(ctx context.Context, db beginner) (string, error) {
		return "", db.SendBatch(ctx, &pgx.Batch{}).Close()
	}},
	{"COPY", func(ctx context.Context, db beginner) (string, error) {
		n, err := db.CopyFrom(ctx, pgx.Identifier{"contacts"}, []string{"id", "name", "score"},
			pgx.CopyFromRows([][]any{{30, "Thirty", nil}, {31, "x", 1}, {32, nil, nil}}))
		return fmt.Sprint(n), err
	}},
	{"COPY with a schema", func(ctx context.Context, db beginner) (string, error) {
		n, err := db.CopyFrom(ctx, pgx.Identifier{"public", "notes"}, []string{"body", "id"},
			pgx.CopyFromSlice(200, func(i int) ([]any, error) { return []any{strings.Repeat("long ", 200), 1000 + i}, nil }))
		return fmt.Sprint(n), err
	}},
	{"COPY of slices of one array", func(ctx context.Context, db beginner) (string, error) {
		all := []any{40, "forty", 41, "forty-one"}
		n, err := db.CopyFrom(ctx, pgx.Identifier{"contacts"}, []string{"id", "name"}, pgx.CopyFromRows([][]any{all[:2], all[2:]}))
		return fmt.Sprint(n, all), err
	}},
	{"COPY of a duplicate", func(ctx context.Context, db beginner) (string, error) {
		_, err := db.CopyFrom(ctx, pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows([][]any{{60}, {60}}))
		return "", err
	}},
	{"COPY into a mixed table", func(ctx context.Context, db beginner) (string, error) {
		n, err := db.CopyFrom(ctx, pgx.Identifier{"templates"}, []string{"id", "title"}, pgx.CopyFromRows([][]any{{8, "copied"}}))
		return fmt.Sprint(n), err
	}},
	{"COPY into a writable table", func(ctx context.Context, db beginner) (string, error) {
		n, err := db.CopyFrom(ctx, pgx.Identifier{"clicks"}, []string{"id"}, pgx.CopyFromRows([][]any{{90}}))
		return fmt.Sprint(n), err
	}},
	{"transaction", func(ctx context.Context, db beginner) (string, error) {
		return "", pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO notes (id, body) VALUES (60, 'kept')"); err != nil {
				return err
			}
			b := &pgx.Batch{}
			b.Queue("UPDATE notes SET body = body || '!' WHERE id = 60")
			if err := tx.SendBatch(ctx, b).Close(); err != nil {
				return err
			}
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id"}, pgx.CopyFromRows([][]any{{61}}))
			return err
		})
	}},
	{"transaction rolled back", func(ctx context.Context, db beginner) (string, error) {
		return "", pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "DELETE FROM notes"); err != nil {
				return err
			}
			return errors.New("changed my mind")
		})
	}},
	{"nested transactions", func(ctx context.Context, db beginner) (string, error) {
		var n int
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if err := pgx.BeginFunc(ctx, tx, func(in pgx.Tx) error {
				_, err := in.Exec(ctx, "INSERT INTO notes (id) VALUES (70)")
				return err
			}); err != nil {
				return err
			}
			err := pgx.BeginFunc(ctx, tx, func(in pgx.Tx) error {
				return pgx.BeginFunc(ctx, in, func(in pgx.Tx) error {
					_, err := in.Exec(ctx, "INSERT INTO notes (id) VALUES (71), (70)")
					return err
				})
			})
			if err == nil {
				return errors.New("a duplicate was taken")
			}
			return tx.QueryRow(ctx, "SELECT count(*) FROM notes WHERE id IN (70, 71)").Scan(&n)
		})
		return fmt.Sprint(n), err
	}},
	{"a name for a statement", func(ctx context.Context, db beginner) (string, error) {
		tx, err := db.Begin(ctx)
		if err != nil {
			return "", err
		}
		defer tx.Rollback(ctx)
		sd, err := tx.Prepare(ctx, "one", "SELECT name FROM contacts WHERE id = $1")
		if err != nil {
			return "", err
		}
		var name string
		if err := tx.QueryRow(ctx, "one", 1).Scan(&name); err != nil {
			return "", err
		}
		b := &pgx.Batch{}
		b.Queue("one", 2).QueryRow(func(row pgx.Row) error {
			var next string
			err := row.Scan(&next)
			name += next
			return err
		})
		return name + sd.Name + sd.SQL, errors.Join(tx.SendBatch(ctx, b).Close(), tx.Commit(ctx))
	}},
	{"after the end", func(ctx context.Context, db beginner) (string, error) {
		tx, err := db.Begin(ctx)
		if err != nil {
			return "", err
		}
		first := tx.Commit(ctx)
		_, err = tx.Exec(ctx, "DELETE FROM contacts")
		_, copied := tx.CopyFrom(ctx, pgx.Identifier{"contacts"}, []string{"id"}, pgx.CopyFromRows(nil))
		_, begun := tx.Begin(ctx)
		return fmt.Sprint(first, err, copied, begun, tx.Rollback(ctx), tx.SendBatch(ctx, &pgx.Batch{}).Close()), nil
	}},
	{"cancelled", func(ctx context.Context, db beginner) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := db.Exec(ctx, "DELETE FROM contacts")
		return fmt.Sprint(errors.Is(err, context.Canceled)), nil
	}},
}

// TestLikeAlone is the oracle: every step, as every tenant, by a pool and by a
// single connection, in the order of an application's life.
func TestLikeAlone(t *testing.T) {
	for _, single := range []bool{false, true} {
		t.Run(fmt.Sprintf("single=%t", single), func(t *testing.T) {
			w := newWorld(t)
			for _, id := range tenants {
				alone := w.alone(t, id)
				// What one tenant wrote to the shared table the other finds there.
				must(t, w.plain, "DELETE FROM clicks WHERE id > 1")
				before := map[string]string{}
				for _, tab := range tables {
					before[tab.name] = dump(t, w.plain, tab.name, id)
				}
				db := beginner(w.db)
				if single {
					db = w.single(t)
				}
				for _, s := range steps {
					want, wantErr := s.do(context.Background(), alone)
					got, err := s.do(as(id), db)
					require.Equal(t, errorText(wantErr), errorText(err), "%s: %s", id, s.name)
					require.Equal(t, want, got, "%s: %s", id, s.name)
				}
				for _, tab := range tables {
					require.Equal(t, own(t, alone, tab.name, id, false), own(t, w.plain, tab.name, id, true), "%s: %s", id, tab.name)
					if tab.name != "clicks" {
						require.Equal(t, before[tab.name], dump(t, w.plain, tab.name, id), "rows of others than %s in %s", id, tab.name)
					}
				}
			}
		})
	}
}

// errorText is what an application can tell errors apart by. A key's error
// names the tenant of the row that was given, in its detail only.
func errorText(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code + " " + pg.Message
	}
	return fmt.Sprint(err)
}
