package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBeside(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://ann:secret@db:5432/main?sslmode=disable": "postgres://ann:secret@db:5432/other?sslmode=disable",
		"postgresql://db": "postgresql://db/other",
		"host=/run/postgresql user=ann dbname=main": "host=/run/postgresql user=ann dbname=main dbname=other",
	} {
		require.True(t, isPostgres(dsn), dsn)
		got, err := Beside(dsn, "other")
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.True(t, isPostgres(got), got)
	}
	for _, dsn := range []string{"", "off", "sales.db", "/var/lib/sales.db"} {
		require.False(t, isPostgres(dsn), dsn)
		_, err := Beside(dsn, "other")
		require.Error(t, err)
	}
}
