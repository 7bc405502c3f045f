package servers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/servers"
)

// A restarted server has its data, and PgBouncer in front of it serves again.
func TestRestart(t *testing.T) {
	server := start(t, servers.Postgres())
	defer func() { require.NoError(t, server.Stop()) }()
	dsn, drop, err := server.CreateDatabase(t.Context())
	require.NoError(t, err)

	bouncer := start(t, servers.Bouncer(dsn, 2))
	defer func() { require.NoError(t, bouncer.Stop()) }()
	require.NoError(t, ping(t, bouncer.Kind, bouncer.DSN))

	require.True(t, server.Running())
	require.NoError(t, server.Restart(t.Context()))
	require.NoError(t, ping(t, server.Kind, dsn), "the database is still there")
	require.NoError(t, drop(t.Context()))
	text, err := server.Log()
	require.NoError(t, err)
	require.NotEmpty(t, text)

	require.True(t, server.Running())

	given := &servers.Server{Kind: server.Kind, DSN: server.DSN}
	require.False(t, given.Running())
	require.Error(t, given.Restart(t.Context()), "it is not ours to stop")
}
