package scopetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

// perturbations make an engine go over rows in another way than it would by itself,
// and the second statement of each undoes it. An answer must not depend on them.
// Those of MySQL are the switches that MariaDB knows too.
var perturbations = map[tenant.Dialect][][2]string{
	tenant.SQLite: {{"PRAGMA reverse_unordered_selects = 1", "PRAGMA reverse_unordered_selects = 0"}},
	tenant.Postgres: {
		{"SET enable_seqscan = off", "RESET enable_seqscan"},
		{"SET enable_indexscan = off", "RESET enable_indexscan"},
		{"SET enable_hashjoin = off", "RESET enable_hashjoin"},
		{"SET enable_hashagg = off", "RESET enable_hashagg"},
		{"SET enable_nestloop = off", "RESET enable_nestloop"},
	},
	tenant.MySQL: {
		{"SET optimizer_switch = 'semijoin=off'", "SET optimizer_switch = 'default'"},
		{"SET optimizer_switch = 'materialization=off'", "SET optimizer_switch = 'default'"},
		{"SET optimizer_switch = 'derived_merge=off'", "SET optimizer_switch = 'default'"},
	},
}

// oneAnswer reports whether the original gives its answer in whatever way the
// engine goes over the rows. Where it does not, no two databases have to agree.
func (w *World) oneAnswer(ctx context.Context, s Statement, sh shape, want *trial) (bool, error) {
	for _, p := range perturbations[w.schema.Dialect] {
		again, err := w.perturbed(ctx, ctx, w.alone, p, s, sh)
		if err != nil {
			return false, err
		}
		if about, _, _ := differ(again, want, s.Ordered); about != "" {
			return false, nil
		}
	}
	return true, nil
}

// remedy returns the setting under which both oracles hold for the very text that
// the engine answered wrongly, or "". Only MySQL and MariaDB are asked, because only
// there whole conditions are known to get lost. A text that is wrong itself is wrong
// under every plan, unless it picks some of its rows by chance: that is why the
// outcome stays what it is, and somebody has to look.
func (w *World) remedy(ctx, owner context.Context, s Statement, sh shape) (string, error) {
	if w.schema.Dialect != tenant.MySQL || sh.writes {
		return "", nil
	}
	for _, p := range perturbations[w.schema.Dialect] {
		got, err := w.perturbed(ctx, owner, w.shared, p, s, sh)
		if err != nil {
			return "", err
		}
		only, err := w.perturbed(ctx, owner, w.only, p, s, sh)
		if err != nil {
			return "", err
		}
		if about, _, _ := differ(got, only, s.Ordered); about != "" {
			continue
		}
		if !sh.namesTenant { // else the original says nothing
			want, err := w.perturbed(ctx, ctx, w.alone, p, s, sh)
			if err != nil {
				return "", err
			}
			if about, _, _ := differ(got, want, s.Ordered); about != "" {
				continue
			}
		}
		return p[0], nil
	}
	return "", nil
}

// perturbed is try with the engine made to go another way.
func (w *World) perturbed(ctx, as context.Context, db *database, p [2]string, s Statement, sh shape) (*trial, error) {
	if err := db.exec(ctx, p[0]); err != nil {
		return nil, fmt.Errorf("scopetest: %s: %w", p[0], err)
	}
	t, err := w.try(ctx, as, db, s, sh)
	return t, errors.Join(err, db.exec(ctx, p[1]))
}
