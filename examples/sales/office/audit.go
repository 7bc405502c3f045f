package office

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/audit"
	"github.com/gotenancy/tenancy/tenant/member"
)

// readAudit is why the office reads the records of all tenants.
const readAudit = "the platform's administrators read what has happened"

// record is one line of the audit log.
type record struct {
	audit.Record
	By     string // who did it; an id where the account is gone
	Detail []string
}

func (o *Office) audit(w http.ResponseWriter, r *http.Request) error {
	q := audit.Query{Newest: true, Limit: perPage}
	if id := r.FormValue("tenant"); id != "" {
		t, err := tenant.ParseID(id) // of one that is deleted, too
		if err != nil {
			return err
		}
		q.Tenant = t
	}
	if kind := strings.TrimSpace(r.FormValue("kind")); kind != "" {
		q.Kinds = []string{kind}
	}
	if after := r.FormValue("after"); after != "" {
		p, err := parsePosition(after)
		if err != nil {
			o.pages.Problem(w, r, http.StatusBadRequest, "This page of the log does not exist.")
			return nil
		}
		q.After = p
	}
	records, next, err := o.records(r.Context(), q)
	if err != nil {
		return err
	}
	all, err := o.choices(r.Context())
	if err != nil {
		return err
	}
	o.pages.Render(w, r, "audit.html", map[string]any{
		"Records": records, "Next": next, "Tenant": q.Tenant, "Tenants": all, "Kind": r.FormValue("kind"), "Reason": readAudit,
	})
	return nil
}

// crossings shows the last statements that reached beyond one tenant. The
// application records them as they happen, see app.Expose and scope.OnCrossing.
func (o *Office) crossings(w http.ResponseWriter, r *http.Request) error {
	records, _, err := o.records(r.Context(), audit.Query{Newest: true, Limit: 100, Kinds: []string{"scope.crossed"}})
	if err != nil {
		return err
	}
	o.pages.Render(w, r, "crossings.html", map[string]any{"Records": records, "Reason": readAudit})
	return nil
}

func (o *Office) records(ctx context.Context, q audit.Query) (list []record, next string, err error) {
	names := map[string]string{}
	for rec, err := range o.Audit.Records(tenant.AcrossAll(ctx, readAudit), q) {
		if err != nil {
			return nil, "", err
		}
		by, known := names[rec.Actor.ID]
		if !known {
			if by, err = o.name(ctx, rec.Actor.ID); err != nil {
				return nil, "", err
			}
			names[rec.Actor.ID] = by
		}
		line := record{Record: rec, By: by}
		for key, value := range rec.Event.Detail {
			line.Detail = append(line.Detail, key+": "+value)
		}
		slices.Sort(line.Detail)
		list = append(list, line)
		next = position(rec.Position())
	}
	if len(list) < q.Limit {
		next = ""
	}
	return list, next, nil
}

// name returns the user name of an account, or its id where it is gone.
func (o *Office) name(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	account, err := o.People.Account(tenant.AcrossAll(ctx, readAudit), id)
	if errors.Is(err, member.ErrUnknownAccount) {
		return id, nil
	}
	if account.Tenant != "" {
		return fmt.Sprintf("%s (%s)", account.UserName, account.Tenant), err
	}
	return account.UserName, err
}

// position is where the next page begins, for a link.
func position(p audit.Position) string {
	return fmt.Sprintf("%d.%d.%s", p.At.UnixMilli(), p.Seq, p.Tenant)
}

func parsePosition(text string) (audit.Position, error) {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) != 3 {
		return audit.Position{}, errChoice
	}
	at, err := strconv.ParseInt(parts[0], 10, 64)
	seq, err2 := strconv.ParseInt(parts[1], 10, 64)
	return audit.Position{At: time.UnixMilli(at).UTC(), Seq: seq, Tenant: tenant.ID(parts[2])}, errors.Join(err, err2)
}
