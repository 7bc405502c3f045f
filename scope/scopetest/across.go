package scopetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotenancy/tenancy/tenant"
)

// CheckAcross runs a query for the first two tenants at once, see [tenant.Across], and
// holds it to non-interference: on the shared database it gives what it gives on one
// that holds only the rows of these two, and everybody's. There is no original to
// compare with. A statement that writes is refused in that mode.
//
// What has one answer for one tenant may have several for two: a row limit behind an
// order that is total within a tenant picks rows by chance.
func (w *World) CheckAcross(ctx context.Context, s Statement) (Verdict, error) {
	v := Verdict{Statement: s, Tenant: w.tenants[0]}
	if w.several == nil {
		if err := w.openSeveral(ctx); err != nil {
			return v, err
		}
	}
	across := tenant.Across(ctx, "to hold a query for two tenants to the oracle", w.tenants[0], w.tenants[1])
	sh := w.shapeOf(s.Text)
	got, err := w.try(ctx, across, w.shared, s, sh)
	if err != nil {
		return v, err
	}
	if errors.As(got.err, &v.Refusal) {
		v.Outcome = Refused
		return v, nil
	}
	if name, after := w.changed(got); name != "" {
		v.Outcome, v.About, v.Got, v.Want = Leak, "rows of other tenants in table "+name, after, w.others[name]
		return v, nil
	}
	want, err := w.try(ctx, across, w.several, s, sh)
	if err != nil {
		return v, err
	}
	v.About, v.Got, v.Want = differ(got, want, false)
	switch {
	case v.About == "" && got.err != nil:
		v.Outcome, v.Err, v.Got, v.Want = NotRun, got.err, "", ""
	case v.About == "":
		v.Outcome, v.Got, v.Want = Agrees, "", ""
	case got.err != nil || want.err != nil:
		v.Outcome = ErrorTells
	default:
		v.Outcome = Leak
		v.About += ", on the shared database and on that of the two tenants only"
	}
	return v, nil
}

// openSeveral makes the database of the first two tenants.
func (w *World) openSeveral(ctx context.Context) error {
	db, err := openDatabase(ctx, w.config, true)
	if err != nil {
		return err
	}
	w.several = db
	for _, text := range w.schema.Texts {
		if err := db.exec(ctx, text); err != nil {
			return fmt.Errorf("scopetest: the schema: %.80q: %w", text, err)
		}
	}
	return w.insert(ctx, db, firstTwo, true)
}
