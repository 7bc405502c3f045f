package confignats_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/config/confignats"
	"github.com/gotenancy/tenancy/config/configtest"
)

func suite(t *testing.T, js jetstream.JetStream) {
	keep(t, js)
	configtest.TestStore(t, func(t *testing.T) config.Store { return confignats.NewStore(js, newBucket(t, js)) })
}

func TestStore(t *testing.T) {
	t.Parallel()
	suite(t, connect(t, start(t, t.TempDir(), server.RANDOM_PORT).ClientURL()))
}

// TestStoreOnALocalServer runs the same on the server of the machine, if there
// is one with JetStream: what is installed may be another version.
func TestStoreOnALocalServer(t *testing.T) {
	t.Parallel()
	conn, err := nats.Connect(nats.DefaultURL, nats.Timeout(2*time.Second), nats.MaxReconnects(0))
	if err != nil {
		t.Logf("no server at %s; TestStore has its own", nats.DefaultURL)
		return
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	if _, err := js.AccountInfo(background); err != nil {
		t.Logf("the server at %s has no JetStream for us; TestStore has its own", nats.DefaultURL)
		return
	}
	t.Log("version", conn.ConnectedServerVersion())
	suite(t, js)
}
