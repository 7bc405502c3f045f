// Command lms is a learning management system with many sites in one process and
// one database.
//
//	go -C examples run ./lms
//
// prints the addresses and who can sign in where. Without -db the database is an
// embedded one that is gone afterwards.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/gotenancy/tenancy/examples/internal/store"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/lms/app"
	"github.com/gotenancy/tenancy/examples/lms/learn"
	"github.com/gotenancy/tenancy/examples/lms/people"
	"github.com/gotenancy/tenancy/examples/lms/studio"
	"github.com/gotenancy/tenancy/scope"
	"github.com/gotenancy/tenancy/tenant"
)

// flags are the command line.
type flags struct {
	addr, db, site     string
	exportTo, takeFrom string
	tenancy            tenant.Tenancy
	cron               bool
	cost               int // bcrypt's; 0 is its default
}

func main() {
	var f flags
	flag.StringVar(&f.addr, "addr", "127.0.0.1:8082", "where the sites listen; another port where that one is taken")
	flag.StringVar(&f.db, "db", "", store.Usage)
	flag.TextVar(&f.tenancy, "tenancy", tenant.TenancyOn, "on, off (one site, -tenant) or separate (own hosts only)")
	flag.StringVar(&f.site, "tenant", "", "the site for -cron, -export and -tenancy off")
	flag.BoolVar(&f.cron, "cron", false, "run the jobs of the site -tenant and end")
	flag.StringVar(&f.exportTo, "export", "", "write the site -tenant to this file and end")
	flag.StringVar(&f.takeFrom, "import", "", "read a site from this file and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, f); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, f flags) (err error) {
	var seeded atomic.Bool // the sample data is made in global mode, which is nobody's news
	a, err := app.Open(ctx, app.Options{DSN: f.db, Tenancy: f.tenancy, Single: tenant.ID(f.site), Cost: f.cost, OnCrossing: func(ctx context.Context, c scope.Crossing) {
		if seeded.Load() {
			slog.InfoContext(ctx, "a statement crosses sites", "mode", c.Mode, "reason", c.Reason, "writes", c.Writes, "statement", c.Shape)
		}
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	seed := a.Seed
	if f.takeFrom != "" {
		seed = a.SeedCatalogue
	}
	if err := seed(ctx); err != nil {
		return err
	}
	seeded.Store(true)
	switch {
	case f.cron:
		return a.Cron(ctx, tenant.ID(f.site))
	case f.exportTo != "":
		return exportSite(ctx, a, tenant.ID(f.site), f.exportTo)
	case f.takeFrom != "":
		return importSite(ctx, a, f.takeFrom)
	}
	return serve(ctx, a, f)
}

func exportSite(ctx context.Context, a *app.App, id tenant.ID, name string) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(a.Export(ctx, id, file), file.Close())
}

func importSite(ctx context.Context, a *app.App, name string) error {
	file, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	defer file.Close()
	t, err := a.Import(ctx, file)
	if err == nil {
		fmt.Printf("%s is here now, on %s\n", t.Name, t.Host)
	}
	return err
}

// serve serves the sites until ctx ends.
func serve(ctx context.Context, a *app.App, f flags) error {
	sites, err := learn.New(a, people.Parts(a, people.NewOutbox(os.Stdout))...)
	if err != nil {
		return err
	}
	authors, err := studio.New(a)
	if err != nil {
		return err
	}
	handler := studio.Beside(authors, sites)
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	report, err := scope.Check(ctx, a.DB)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Printf("scope.Check has %d findings about this schema %v\n", len(report.Findings), report.Findings)
	greet(a, listener.Addr().(*net.TCPAddr).Port)
	server := web.NewServer(handler)
	jobs := make(chan error, 1)
	go func() { jobs <- a.Timers.Run(ctx) }()
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Shutdown(end)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-jobs
	return nil
}

// greet says where to go and as whom.
func greet(a *app.App, port int) {
	fmt.Printf("tenancy is %s; everybody's password is %q\n\n", a.Options.Tenancy, app.DemoPassword)
	for _, line := range []struct{ host, who string }{
		{"north.localhost", "nora manages, till teaches, ned and alex learn, arthur is dean of Arts; gina manages too, tess is a guest teacher"},
		{"south.localhost", "sam manages, silas teaches, sue and another alex learn; gina manages too"},
		{"harbour.localhost", "hana manages, hugo learns; a partner of south"},
		{app.MainHost, "the main site: gina, tess, stan and root, who are nobody's members; gina switches between her sites, root runs all; sign up for a site of your own"},
		{"studio.north.localhost", "a second application, where north's till, nora and gina write courses; each site has one"},
		{studio.Host, "the same for who belongs to no site: gina, tess, stan"},
	} {
		fmt.Printf("http://%s:%d/\n    %s\n", line.host, port, line.who)
	}
	fmt.Printf("\njobs of north: curl -d key=%s http://north.localhost:%d/cron\n", a.CronKey("north"), port)
	fmt.Println("Try to get from one site into another: addresses, ids, the session's cookie. Ctrl-C ends it.")
}
