package queues

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// natsServer starts a server in this process, so that the suite needs none.
func natsServer(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	require.True(t, s.ReadyForConnections(30*time.Second))
	return s.ClientURL()
}

func natsQueue(t *testing.T, conn *nats.Conn) queue {
	t.Helper()
	subject := nats.NewInbox() // nobody else's, also on a server that others use
	subscription, err := conn.SubscribeSync(subject)
	require.NoError(t, err)
	return queue{
		send: func(t *testing.T, fill func(headers), body string) {
			m := nats.NewMsg(subject)
			m.Data = []byte(body)
			fill(m.Header) // a carrier as it is
			require.NoError(t, conn.PublishMsg(m))
		},
		receive: func(ctx context.Context) ([]message, error) {
			m, err := subscription.NextMsgWithContext(ctx)
			if err != nil {
				return nil, err
			}
			return []message{{m.Header, m.Data}}, nil
		},
	}
}

func TestNATS(t *testing.T) {
	t.Parallel()
	conn, err := nats.Connect(natsServer(t))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	testQueue(t, natsQueue(t, conn))
}

// TestNATSOnALocalServer runs the same on the server of the machine, if there is
// one: what is installed may be another version.
func TestNATSOnALocalServer(t *testing.T) {
	t.Parallel()
	conn, err := nats.Connect(nats.DefaultURL, nats.Timeout(2*time.Second), nats.MaxReconnects(0))
	if err != nil {
		t.Logf("no server at %s; TestNATS has its own", nats.DefaultURL)
		return
	}
	t.Cleanup(conn.Close)
	testQueue(t, natsQueue(t, conn))
}
