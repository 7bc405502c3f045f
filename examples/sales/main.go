// Sales is an application for many client organisations: one program, one
// database, and for each organisation pages on which there is nothing but its
// own. It was an application for one; what had to be added stands in package
// app. It prints where to go and whom to be, and listens until it is interrupted.
package main

import (
	"context"
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
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where the front office listens; another port if it is taken")
	dsn := flag.String("db", "", store.Usage)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *dsn, *addr); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx is done, and says on out where.
func run(ctx context.Context, out io.Writer, dsn, addr string) (err error) {
	a, err := app.Open(ctx, app.Options{DSN: dsn})
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
	return errors.Join(err, frontOffice.Shutdown(last))
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
