package confignats_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
	"github.com/gotenancy/tenancy/tenant"
)

// Two processes share their settings through NATS.
func Example() {
	url, stop := embedded() // an application has a server already
	defer stop()

	process := func(ctx context.Context, told chan<- tenant.ID) (*config.Resolver, error) {
		conn, err := nats.Connect(url, nats.MaxReconnects(-1))
		if err != nil {
			return nil, err
		}
		js, err := jetstream.New(conn)
		if err != nil {
			return nil, err
		}
		if err := confignats.Create(ctx, js, confignats.Config{}); err != nil {
			return nil, err
		}
		store := confignats.NewStore(js, confignats.Config{
			OnError: func(err error) { log.Println("settings may be old:", err) },
		})
		settings, err := config.NewResolver(config.Config{Store: store})
		if err != nil {
			return nil, err
		}
		go func() {
			defer conn.Close()
			_ = store.Watch(ctx, func(id tenant.ID, number int64) { // until ctx is done
				settings.Invalidate(id, number)
				told <- id
			})
		}()
		return settings, nil
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	toldOne, toldTwo := make(chan tenant.ID, 10), make(chan tenant.ID, 10)
	one, err := process(ctx, toldOne)
	if err != nil {
		log.Fatal(err)
	}
	two, err := process(ctx, toldTwo)
	if err != nil {
		log.Fatal(err)
	}

	acme := tenant.WithID(ctx, "acme")
	fmt.Println(config.Get(config.NewContext(acme, two), "page.size", 20))
	if err := one.Set(acme, "page.size", 50, "bigger screens"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("told of", <-toldTwo)
	fmt.Println(config.Get(config.NewContext(acme, two), "page.size", 20))
	// Output:
	// 20
	// told of acme
	// 50
}

// embedded starts a server in this process.
func embedded() (url string, stop func()) {
	folder, err := os.MkdirTemp("", "confignats")
	if err != nil {
		log.Fatal(err)
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: folder, NoLog: true, NoSigs: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		log.Fatal("the server does not start")
	}
	return s.ClientURL(), func() {
		s.Shutdown()
		s.WaitForShutdown()
		if err := os.RemoveAll(folder); err != nil {
			log.Print(err)
		}
	}
}
