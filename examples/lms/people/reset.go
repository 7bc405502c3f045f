package people

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gotenancy/tenancy/examples/internal/passwords"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/member"
)

// resetTime is how long looking for accounts may take.
const resetTime = time.Minute

// startReset answers the same whoever has the address, and looks for accounts
// beside the answer: neither the text nor the time of it says who has an account.
// How often an address may be asked for is for who serves the internet to limit;
// the example does not.
func (p *people) startReset(w http.ResponseWriter, r *http.Request) {
	ctx, email, site := tenant.Detach(r.Context()), r.PostFormValue("email"), "http://"+ownHost(r)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, resetTime)
		defer cancel()
		choices, err := p.People.StartReset(ctx, email)
		if err != nil {
			slog.ErrorContext(ctx, "no reset was begun", "error", err)
		}
		for _, mail := range resetMails(site, choices) {
			p.outbox.Send(mail)
		}
	}()
	p.pages.Back(w, r, "/sign-in", "If somebody here has this address, a mail is on its way.")
}

// ownHost is where a link in a mail leads: to the site of the request by its
// record, or to the main site, and never to a host that only the request names,
// whose owner would be given the link. The port is of the program's own address.
func ownHost(r *http.Request) string {
	host := app.MainHost
	if t, ok := tenant.FromContext(r.Context()); ok {
		host = t.Host
	}
	if at, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if _, port, err := net.SplitHostPort(at.String()); err == nil {
			host = net.JoinHostPort(host, port)
		}
	}
	return host
}

// resetMails returns one mail for each address, which asks which account is
// meant where there are several.
func resetMails(site string, choices []member.ResetChoice) []Mail {
	var mails []Mail
	at := map[string]int{}
	for _, c := range choices {
		i, known := at[c.Email]
		if !known {
			i = len(mails)
			at[c.Email] = i
			mails = append(mails, Mail{To: c.Email, Subject: "Your password on " + strings.TrimPrefix(site, "http://")})
		}
		mails[i].Text += fmt.Sprintf("%s (since %s): %s/reset/%s\n", c.UserName, c.Created.Format("2 January 2006"), site, c.Reference)
	}
	for i := range mails {
		if strings.Count(mails[i].Text, "\n") > 1 {
			mails[i].Text = "Which account do you mean?\n" + mails[i].Text
		}
	}
	return mails
}

// finishReset sets the password of the account that a mail's link stands for.
// The link is good once, on the site that it was made on.
func (p *people) finishReset(w http.ResponseWriter, r *http.Request) {
	ctx, password := r.Context(), r.PostFormValue("password")
	if len(password) < passwords.MinLength { // before the link is used up
		p.done(w, r, passwords.ErrTooShort, r.URL.Path, "")
		return
	}
	a, err := p.People.RedeemReset(ctx, r.PathValue("reference"))
	if errors.Is(err, member.ErrReference) {
		p.pages.Problem(w, r, http.StatusNotFound, "This link is not good, or no longer. Ask for another one.")
		return
	}
	if err == nil {
		err = p.setPassword(ctx, a, password)
	}
	p.done(w, r, err, "/sign-in", "Sign in with your new password.")
}

// setPassword writes a password. That of a global account is no tenant's row:
// who resets it on a site that knows the account reaches beyond the site, to
// this one row.
func (p *people) setPassword(ctx context.Context, a member.Account, password string) error {
	if a.Tenant == "" && tenant.ModeOf(ctx) == tenant.ModeTenant {
		ctx = tenant.AcrossAll(ctx, "reset: the password of a global account")
	}
	return p.Passwords.Set(ctx, p.DB, a.ID, password)
}
