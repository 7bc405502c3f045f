package office

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
	"github.com/gotenancy/tenancy/rbac"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
	"github.com/gotenancy/tenancy/tenant/member"
)

// change handles a form, for the reason that was typed into it, and returns what
// to tell. An error that is known is told too; nothing has changed then.
type change func(r *http.Request, reason string) (message string, err error)

// maxReason is what the audit log takes.
const maxReason = 500

// do runs a change and leads back to the page of the form. Parts of back such as
// {id} are those of the request's path.
func (o *Office) do(back string, change change) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		message, err := "", errNoReason
		if reason := strings.TrimSpace(r.PostFormValue("reason")); len(reason) > maxReason {
			err = errLongReason
		} else if reason != "" {
			message, err = change(r, reason)
		}
		// The process that made the change hears of it at once.
		if caught := o.CatchUp(r.Context()); caught != nil {
			slog.ErrorContext(r.Context(), "the feed of changes", "error", caught)
		}
		if err != nil {
			known, is := tell(err)
			if !is {
				o.pages.Fail(w, r, err)
				return
			}
			message = "Nothing was changed: " + known
		}
		o.pages.Back(w, r, target(r, back), message)
	}
}

// target fills the parts of a path, and keeps which tenant a page was about.
func target(r *http.Request, back string) string {
	for _, part := range []string{"id", "account"} {
		back = strings.ReplaceAll(back, "{"+part+"}", url.PathEscape(r.PathValue(part)))
	}
	if id := r.PostFormValue("tenant"); id != "" && back == "/settings" {
		back += "?tenant=" + url.QueryEscape(id)
	}
	return back
}

var (
	errNoReason   = errors.New("a change needs a reason. It is kept with it")
	errLongReason = fmt.Errorf("a reason has at most %d characters", maxReason)
	errChoice     = errors.New("the form was not filled in correctly")
)

// known are the errors that an administrator can do something about. What they
// say names no tenant but the one that was asked for.
var known = []error{
	errNoReason, errLongReason, errChoice, passwords.ErrTooShort,
	admins.ErrSelf, admins.ErrNotAdmin,
	lifecycle.ErrTransition, lifecycle.ErrDeleting, lifecycle.ErrReserved, lifecycle.ErrFixed, lifecycle.ErrUnknownDomain,
	lifecycle.ErrUnverified, lifecycle.ErrTooManyDomains, lifecycle.ErrRequired, lifecycle.ErrTooLong, lifecycle.ErrMalformed,
	member.ErrLimit, member.ErrNameTaken, member.ErrBadName, member.ErrNamePattern, member.ErrNameReserved, member.ErrAdministrator,
	member.ErrGuest, member.ErrSuspended, member.ErrMemberElsewhere, member.ErrUnknownAccount, member.ErrNotGlobal,
	tenant.ErrTaken, tenant.ErrUnknownTenant, tenant.ErrArchived, tenant.ErrSuspended, tenant.ErrBadHost, tenant.ErrInvalidID,
	config.ErrForced, config.ErrNotEditable, config.ErrInvalid, config.ErrMistyped, config.ErrConflict, config.ErrNoRevision,
	config.ErrNotOverridable, config.ErrNotForcible, config.ErrSealed,
	rbac.ErrDenied,
}

func tell(err error) (string, bool) {
	for _, k := range known {
		if errors.Is(err, k) {
			text := err.Error()
			if room, rest, found := strings.Cut(text, ": "); found && !strings.Contains(room, " ") {
				text = rest // which package says it is nothing to the reader
			}
			return text + ".", true
		}
	}
	return "", false
}

// note records what an administrator is about to do where the call that does it
// takes no reason, or is no change: the record comes first.
func (o *Office) note(ctx context.Context, about tenant.ID, kind, object, reason string) error {
	actor, _ := tenant.ActorFromContext(ctx)
	return o.Audit.Append(tenant.AcrossAll(ctx, "the back office's own records"),
		tenant.Event{Kind: kind, Tenant: about, Actor: actor, Object: object, Reason: reason})
}
