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
	if err := run(ctx, *dsn, *addr); err != nil {
		log.Fatal(err)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, dsn, addr string) (err error) {
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

	servers := make(chan error, 2)
	listening, port, err := serve(addr, pages, servers)
	if err != nil {
		return err
	}
	fmt.Printf("front office: http://localhost:%s, http://acme.localhost:%[1]s, http://bolt.localhost:%[1]s\n", port)
	fmt.Printf("sign in as ann@acme (administrator), max@acme (sales manager), sue@acme or ann@bolt (sellers), bob@bolt (administrator); password %q\n", app.DemoPassword)
	timers := make(chan error, 1)
	go func() { timers <- a.Timer.Run(ctx) }()

	select {
	case <-ctx.Done():
		<-timers
	case err = <-servers:
	}
	end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(err, listening.Shutdown(end))
}

// serve listens at an address, or at another port of this machine if that one is
// taken, and tells failed of a server that has ended by itself.
func serve(addr string, h http.Handler, failed chan<- error) (server *http.Server, port string, err error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, "", err
		}
	}
	server = web.NewServer(h)
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	_, port, err = net.SplitHostPort(ln.Addr().String())
	return server, port, err
}
