// Sales is an application for many client organisations: one program, one
// database, and for each organisation pages on which there is nothing but its
// own. It was an application for one; what had to be added stands in package
// app. It prints where to go and whom to be, and listens until it is interrupted.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gotenancy/tenancy/examples/internal/store"
	"github.com/gotenancy/tenancy/examples/internal/web"
	"github.com/gotenancy/tenancy/examples/sales/app"
	"github.com/gotenancy/tenancy/examples/sales/front"
	"github.com/gotenancy/tenancy/examples/sales/office"
	"github.com/gotenancy/tenancy/examples/sales/office/admins"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where the front office listens; another port if it is taken")
	officeAddr := flag.String("office", "127.0.0.1:8081", "where the back office listens; another port if it is taken, nowhere if it is empty")
	dsn := flag.String("db", "", store.Usage)
	newAdmin := flag.String("add-admin", "", "the user `name` of a new administrator of the platform: it is made in the database of -db, its password is printed, and nothing is served")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	secret, err := hex.DecodeString(os.Getenv(secretVariable))
	if err != nil {
		log.Fatalf("%s is not hexadecimal", secretVariable)
	}
	if len(secret) == 0 {
		secret = nil
	}
	o := app.Options{DSN: *dsn, Secret: secret}
	if *newAdmin != "" {
		err = addAdmin(ctx, os.Stdout, o, *newAdmin)
	} else {
		err = run(ctx, os.Stdout, o, *addr, *officeAddr)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// secretVariable is the environment variable with the secret of the
// installation, see app.Options: 64 hexadecimal digits. A database that outlives
// the program needs one.
const secretVariable = "SALES_SECRET"

// addAdmin makes an administrator of the platform, who has to choose a password
// at the first sign-in. Who may run the program on the database may do it: this
// is how there is a first one.
func addAdmin(ctx context.Context, out io.Writer, o app.Options, name string) (err error) {
	if o.DSN == "" {
		return errors.New("-add-admin needs -db: without it the database is gone afterwards")
	}
	a, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	_, password, err := admins.Add(ctx, a, name, "", "at the command line")
	if err == nil {
		fmt.Fprintf(out, "%s signs in to the back office with %s, within %s, and chooses a password there\n", name, password, admins.OnceFor)
	}
	return err
}

// run serves until ctx is done, and says on out where.
func run(ctx context.Context, out io.Writer, o app.Options, addr, officeAddr string) (err error) {
	a, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.Seed(ctx); err != nil {
		return err
	}
	pages, err := front.New(a)
	if err != nil {
		return err
	}

	ended := make(chan error, 1)
	frontOffice, port, err := serve(addr, pages, ended)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "front office: http://localhost:%s, http://acme.localhost:%[1]s, http://bolt.localhost:%[1]s\n", port)
	fmt.Fprintf(out, "sign in as ann@acme (administrator), max@acme (sales manager), sue@acme or ann@bolt (sellers), bob@bolt (administrator); password %q\n", app.DemoPassword)

	servers := []*http.Server{frontOffice}
	if officeAddr != "" {
		back, err := office.New(ctx, a)
		if err != nil {
			return err
		}
		defer func() { _ = back.Close() }() // it has only read
		backOffice, port, err := serve(officeAddr, back, ended)
		if err != nil {
			return err
		}
		servers = append(servers, backOffice)
		fmt.Fprintf(out, "back office: http://%s:%s, as %s (administrator of the platform), same password\n", office.Host, port, app.Platform)
	}

	work, stop := context.WithCancel(ctx)
	timers := make(chan error, 1)
	go func() { timers <- a.Timer.Run(work) }()
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	stop()
	<-timers // their runs have ended: what was begun is made again at the next start
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, server := range servers {
		err = errors.Join(err, server.Shutdown(last))
	}
	return err
}

// serve listens at an address, or at another port of this machine if that one is
// taken. A server that ends by itself says so on ended.
func serve(addr string, h http.Handler, ended chan<- error) (server *http.Server, port string, err error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, "", err
		}
	}
	server = web.NewServer(h)
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			ended <- err
		}
	}()
	_, port, err = net.SplitHostPort(ln.Addr().String())
	return server, port, err
}
