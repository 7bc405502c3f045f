package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/gotenancy/tenancy/examples/internal/store"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/front"
	"github.com/gotenancy/tenancy/scope"
)

// world is a database with all tenants' rows, and what asks it.
type world struct {
	options
	out     io.Writer
	dsn     string // of the world's own database
	drop    func() error
	tenants []customer
	client  *http.Client

	answers, foreign atomic.Int64
}

// customer is a client organisation and somebody of it.
type customer struct {
	code    string
	canary  string // in all of its names, and in nobody else's
	company int64  // one of its companies
}

// password is everybody's.
const password = "load-password"

// connections of a pool. The limit leaves most of them to the other tenants.
const connections = 12

var limit = &scope.Limit{InFlight: 1, Waiting: 2, MaxWait: time.Second}

func newWorld(ctx context.Context, o options, out io.Writer) (w *world, err error) {
	w = &world{options: o, out: out, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if err := w.makeDatabase(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	a, err := w.openApp(ctx, nil, nil)
	if err == nil {
		err = w.fill(ctx, a.App)
		err = errors.Join(err, a.close())
	}
	if err != nil {
		return nil, errors.Join(err, w.drop())
	}
	fmt.Fprintf(out, "%d tenants with rows after %s\n", len(w.tenants), time.Since(began).Round(time.Second))
	return w, nil
}

func (w *world) close() error { return w.drop() }

// makeDatabase makes one beside the database of the DSN.
func (w *world) makeDatabase(ctx context.Context) error {
	server, err := sql.Open("pgx", w.options.dsn)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("tenancy_load_%d", os.Getpid())
	if w.dsn, err = store.Beside(w.options.dsn, name); err != nil {
		return errors.Join(err, server.Close())
	}
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return errors.Join(err, server.Close())
	}
	w.drop = func() error {
		_, err := server.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)")
		return errors.Join(err, server.Close())
	}
	return nil
}

// running is an application with its front office on a port of this machine.
type running struct {
	*app.App
	server *http.Server
	at     string
	ended  chan error
	cookie map[string]*http.Cookie // of each tenant's person, by code
}

func (w *world) openApp(ctx context.Context, open store.Opener, limit *scope.Limit) (*running, error) {
	a, err := app.Open(ctx, app.Options{DSN: w.dsn, PasswordCost: bcrypt.MinCost, Open: open, Limit: limit})
	if err != nil {
		return nil, err
	}
	a.DB.SetMaxOpenConns(connections)
	a.DB.SetMaxIdleConns(connections)
	handler, err := front.New(a)
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	r := &running{App: a, server: web.NewServer(handler), at: ln.Addr().String(), ended: make(chan error, 1), cookie: map[string]*http.Cookie{}}
	go func() { r.ended <- r.server.Serve(ln) }()
	for i, c := range w.tenants {
		if r.cookie[c.code], err = w.signIn(ctx, r, c); err != nil {
			return nil, errors.Join(err, r.close())
		}
		if i%250 == 249 {
			fmt.Fprintf(w.out, "  %d people have signed in\n", i+1)
		}
	}
	return r, nil
}

func (r *running) close() error {
	err := r.server.Close()
	<-r.ended
	return errors.Join(err, r.App.Close())
}

// signIn is the form, as a browser sends it.
func (w *world) signIn(ctx context.Context, r *running, c customer) (*http.Cookie, error) {
	form := url.Values{"user": {"ann"}, "password": {password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+r.at+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Host = c.code + "." + front.Domain
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	cookies := resp.Cookies()
	if resp.StatusCode != http.StatusSeeOther || len(cookies) == 0 {
		return nil, fmt.Errorf("load: signing in to %s: status %d", c.code, resp.StatusCode)
	}
	return cookies[len(cookies)-1], nil
}
