package transfer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// slack is how far above the highest number that is in use new ones begin: room
// for those that others take between the question and the first row.
func slack(c codec) int64 {
	if c.bits >= 64 {
		return 1 << 16
	}
	return 1 << 10
}

// prepare finds out which numbers are free, makes the rules for values, and notes
// the import, or finds the note that an interrupted one left.
func (im *importer) prepare(ctx context.Context, digest string) (err error) {
	im.job = job{tenant: im.options.Into}
	found, err := im.job.find(ctx, im.layout, im.db)
	if err != nil {
		return err
	}
	switch {
	case im.options.Resume && (!found || im.job.digest != digest || im.job.plan.New != im.options.NewKeys || im.job.done < 0):
		return ErrNothingToResume
	case found && !im.options.Resume:
		return ErrUnfinished
	}
	if im.mapper, err = newMapper(im.layout, im.options); err != nil {
		return err
	}
	for _, x := range im.targets {
		x.counted = make([]bool, len(x.columns))
		for i, c := range x.columns {
			x.counted[i] = c.codec.whole && (c.counts() || im.renumbered(x.table, i))
		}
	}
	if found {
		im.mapper.follow(im.job.plan)
		return nil
	}
	if err := im.empty(ctx, im.db); err != nil {
		return err
	}
	im.job = job{tenant: im.options.Into, digest: digest, plan: keyPlan{New: im.options.NewKeys}}
	if im.options.NewKeys {
		if err := im.plan(ctx); err != nil {
			return err
		}
	}
	im.mapper.follow(im.job.plan)
	if err := im.afford(); err != nil {
		return err
	}
	if im.options.Batch > 0 {
		if err := im.rehearse(ctx); err != nil {
			return err
		}
	}
	if err := im.reserve(); err != nil {
		return err
	}
	if im.options.Batch > 0 {
		return im.job.insert(ctx, im.layout, im.db)
	}
	return nil
}

// limits are the bounds of a column as numbers.
type limits struct{ low, high *big.Int }

func (b bounds) limits() (limits, bool) {
	if len(b.Min) > 32 || len(b.Max) > 32 { // no number of an engine is that long
		return limits{}, false
	}
	low, okLow := new(big.Int).SetString(b.Min, 10)
	high, okHigh := new(big.Int).SetString(b.Max, 10)
	return limits{low, high}, okLow && okHigh && low.Cmp(high) <= 0
}

// holds reports whether a value lies within the limits. SQLite may have words among
// its numbers, which are above all of them.
func (l limits) holds(c cell) bool {
	if c.kind == null {
		return true
	}
	n, ok := new(big.Int).SetString(c.text, 10)
	return ok && l.low.Cmp(n) <= 0 && n.Cmp(l.high) <= 0
}

// bound returns the least and the greatest value of a column in the file.
func (x *target) bound(name string) (low, high *big.Int, ok bool) {
	for i, l := range x.bounds {
		if x.columns[i].Name == name {
			return new(big.Int).Set(l.low), new(big.Int).Set(l.high), true
		}
	}
	return nil, nil, false
}

// counts reports whether a server counts the column up from its highest number.
func (c column) counts() bool { return c.Sequence != "" || c.Numbered }

// told reports whether the first line of the file tells of a value: a number of
// those that a server counts up or that move has to lie within bounds.
func (x *target) told(at int, c cell) bool {
	if b, ok := x.bounds[at]; ok {
		return b.holds(c)
	}
	return c.kind == null || !x.counted[at]
}

// A file without a seal may have been made by anybody. Of the numbers that are
// left for everybody it takes one in newPart where it gets new keys, or newLeast
// if that is more, as it is for 32 bits; but never more than one in leastPart.
// Where it keeps its keys, which may be as high as those of a database that has
// been in use for years, it takes one in keptPart.
const (
	newPart   = 1 << 10
	newLeast  = 1 << 24
	leastPart = 8
	keptPart  = 2
)

// fits refuses keys that go up to top, where used is the highest one before.
func (im *importer) fits(column string, c codec, used, top *big.Int, kept bool) error {
	highest := new(big.Int).Lsh(big.NewInt(1), uint(c.bits-1))
	highest.Sub(highest, big.NewInt(1))
	if top.Cmp(highest) > 0 {
		return &KeySpaceError{Column: column, Needs: top.String()}
	}
	if len(im.options.Seal) > 0 {
		return nil
	}
	from := new(big.Int)
	if used != nil && used.Sign() > 0 {
		from.Set(used)
	}
	left := new(big.Int).Sub(highest, from)
	part := func(n int64) *big.Int { return new(big.Int).Quo(left, big.NewInt(n)) }
	most := part(keptPart)
	if !kept {
		most = part(leastPart)
		if least := big.NewInt(newLeast); most.Cmp(least) > 0 {
			most = least
		}
		if p := part(newPart); p.Cmp(most) > 0 {
			most = p
		}
	}
	if most.Add(most, from); top.Cmp(most) > 0 {
		return &KeySpaceError{Column: column, Needs: top.String(), Most: most.String()}
	}
	return nil
}

// afford looks at the counters that move because of keys that stay as they are.
func (im *importer) afford() error {
	for _, x := range im.targets {
		for i, c := range x.columns {
			_, high, any := x.bound(c.Name)
			if !any || !c.codec.whole || !c.counts() || im.renumbered(x.table, i) {
				continue // plan has seen to it
			}
			high.Add(high, big.NewInt(im.job.plan.Shift[im.root(x.table, c.Name)]))
			used, err := im.used(x.table, c)
			if err != nil {
				return err
			}
			if err := im.fits(x.Name+"."+c.Name, c.codec, used, high, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// plan chooses the new keys: by how much numbers move, and a salt for UUIDs.
func (im *importer) plan(ctx context.Context) error {
	if names := im.strays(); len(names) > 0 {
		return &TablesError{Reason: "columns look like references and have no foreign key", Tables: names,
			Hint: "say in ImportOptions.References what each refers to, or \"\" for nothing: the keys that they hold change"}
	}
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // it never fails
	im.job.plan.Salt = hex.EncodeToString(salt)
	im.job.plan.Shift = map[string]int64{}
	for _, x := range im.targets {
		for i, c := range x.columns {
			name := x.Name + "." + c.Name
			if !im.renumbered(x.table, i) || !c.codec.whole {
				continue
			}
			low, high, any := x.bound(c.Name)
			if !any {
				continue // there are no rows, see told
			}
			used, err := im.used(x.table, c)
			if err != nil {
				return err
			}
			if used == nil {
				if im.fits(name, c.codec, nil, high, false) == nil {
					continue // nobody has a row: the keys can stay
				}
				used = new(big.Int)
			}
			shift := new(big.Int).Add(used, big.NewInt(slack(c.codec)+1))
			shift.Sub(shift, low)
			top := new(big.Int).Add(high, shift)
			if !shift.IsInt64() {
				return &KeySpaceError{Column: name, Needs: top.String()}
			}
			if err := im.fits(name, c.codec, used, top, false); err != nil {
				return err
			}
			im.job.plan.Shift[name] = shift.Int64()
		}
	}
	return nil
}

// used returns the highest number of a column that anybody has, or had if a
// sequence remembers, or nil.
func (im *importer) used(t *table, c column) (*big.Int, error) {
	ctx := tenant.AcrossAll(im.outer, "which numbers are free for imported rows: the highest one")
	var high sql.NullString
	if err := im.db.QueryRowContext(ctx, "SELECT MAX("+c.quoted+") FROM "+t.quoted).Scan(&high); err != nil {
		return nil, fmt.Errorf("transfer: reading table %s: %w", t.Name, err)
	}
	var out *big.Int
	if high.Valid {
		var ok bool
		if out, ok = new(big.Int).SetString(high.String, 10); !ok {
			return nil, fmt.Errorf("transfer: %s.%s holds what is no whole number", t.Name, c.Name)
		}
	}
	if c.Sequence != "" {
		var last int64
		var called bool
		if err := im.db.QueryRowContext(ctx, "SELECT last_value, is_called FROM "+c.Sequence).Scan(&last, &called); err != nil {
			return nil, fmt.Errorf("transfer: reading the sequence of table %s: %w", t.Name, err)
		}
		if n := big.NewInt(last); called && (out == nil || n.Cmp(out) > 0) {
			out = n
		}
	}
	return out, nil
}

// reserve moves PostgreSQL's sequences above the numbers that will be written.
// That is not undone if the import fails; a gap is all that is left.
func (im *importer) reserve() error {
	if im.dialect != scope.Postgres {
		return nil
	}
	ctx := tenant.AcrossAll(im.outer, "sequences go on above the numbers of imported rows")
	for _, x := range im.targets {
		for _, c := range x.columns {
			if c.Sequence == "" {
				continue
			}
			_, high, any := x.bound(c.Name)
			if !any {
				continue
			}
			high.Add(high, big.NewInt(im.job.plan.Shift[im.root(x.table, c.Name)]))
			if !high.IsInt64() || high.Sign() <= 0 {
				continue // a sequence counts up from 1
			}
			query := "SELECT setval('" + strings.ReplaceAll(c.Sequence, "'", "''") + "', $1::bigint) FROM " + c.Sequence + " WHERE last_value < $1::bigint OR last_value = $1::bigint AND NOT is_called"
			var n int64
			if err := im.db.QueryRowContext(ctx, query, high.Int64()).Scan(&n); err != nil && err != sql.ErrNoRows {
				return fmt.Errorf("transfer: the sequence of table %s: %w", x.Name, err)
			}
		}
	}
	return nil
}

// renewed derives a UUID from another one: the same for the same salt.
func renewed(salt, old string) string {
	sum := sha256.Sum256([]byte(salt + "\n" + strings.ToLower(old)))
	sum[6] = sum[6]&0x0f | 0x80 // version 8: of the application's own making, RFC 9562
	sum[8] = sum[8]&0x3f | 0x80
	s := hex.EncodeToString(sum[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
