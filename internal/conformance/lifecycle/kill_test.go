package lifecycle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/lifecycle"
)

// childEnv says to a copy of this test binary what to do and where to stop:
// engine, DSN, "create" or "delete", place, one a line.
const childEnv = "TENANCY_LIFECYCLE_CHILD"

// stopped is what the child says when it has come to the place.
const stopped = "stopped here"

// TestChild is the process that gets killed. Run by itself it does nothing.
func TestChild(t *testing.T) {
	order := strings.Split(os.Getenv(childEnv), "\n")
	if len(order) != 4 {
		return
	}
	e := engines.Get(t, order[0])
	w := openWorld(t, e, order[1])
	w.at = func(place string) error {
		if place == order[3] {
			fmt.Println(stopped)
			_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed, or its parent has died
			return errors.New("the parent died")
		}
		return nil
	}
	switch order[2] {
	case "create":
		_, _, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		t.Fatalf("it was not stopped: %v", err)
	case "delete":
		t.Fatalf("it was not stopped: %v", w.manager.Delete(t.Context(), "acme", "left"))
	}
}

// killed runs the order in a process of its own and kills it at the place.
func killed(t *testing.T, order ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(order, "\n"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	_, err := cmd.StdinPipe() // open until the child is dead
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said := bufio.NewScanner(out)
	var all []string
	for said.Scan() {
		all = append(all, said.Text())
		if said.Text() == stopped {
			require.NoError(t, cmd.Process.Kill())
			require.Error(t, cmd.Wait())
			return
		}
	}
	_ = cmd.Wait()
	t.Fatalf("the child did not come to %q: %s %s", order[3], strings.Join(all, "\n"), stderr.String())
}

// A process that is killed while it creates a tenant leaves nothing, and the
// next one creates it as if it had never been.
func TestKilledCreation(t *testing.T) {
	t.Parallel()
	places := []string{
		"registry create", "tenant.created node", "tenant.created category", "tenant.created role", "tenant.created setting",
		"tenant.created audit", "tenant.created account",
	}
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, dsn := newWorld(t, e)
		_, _, err := w.manager.Create(t.Context(), tenant.Tenant{Code: "bolt", Host: "bolt.example.com"}, w.account("ann"))
		require.NoError(t, err)
		before := dump(t, e.Dialect, raw)
		for _, place := range places {
			killed(t, e.Name, dsn, "create", place)
			require.Equal(t, before, dump(t, e.Dialect, raw), place)
		}
		_, created, err := w.manager.Create(t.Context(), acme, w.account("ann"))
		require.NoError(t, err)
		require.True(t, created)
		all := dump(t, e.Dialect, raw)
		require.Equal(t, of(before, "bolt"), of(all, "bolt"))
		require.Equal(t, []string{"ann"}, w.accounts(t))
		require.Equal(t, []string{lifecycle.KindCreated}, w.kinds(t, "acme"))
	})
}

// A process that is killed while it deletes a tenant leaves it archived, other
// tenants as they were, and the next one completes the deletion.
func TestKilledDeletion(t *testing.T) {
	t.Parallel()
	engines.Each(t, func(t *testing.T, e engines.Engine) {
		t.Parallel()
		w, raw, dsn := newWorld(t, e)
		for _, r := range []tenant.Tenant{{Code: "bolt", Host: "bolt.example.com"}, acme} {
			_, _, err := w.manager.Create(t.Context(), r, w.account("ann"), w.account("bob"))
			require.NoError(t, err)
		}
		require.NoError(t, w.manager.Archive(t.Context(), "acme", "left"))
		bolt := of(dump(t, e.Dialect, raw), "bolt")
		for _, place := range deletePlaces {
			if place == "purge 2 half" {
				require.Len(t, w.accounts(t), 2, "the first one is still to be removed")
			}
			killed(t, e.Name, dsn, "delete", place)
			got, found, err := w.registry.ByID(t.Context(), "acme")
			require.NoError(t, err)
			require.True(t, found, place)
			require.Equal(t, tenant.Archived, got.Status, place)
			require.Equal(t, bolt, of(dump(t, e.Dialect, raw), "bolt"), place)
			if place == "purge 2 half" {
				require.Len(t, w.accounts(t), 1, "half of the purge was done")
			}
		}
		require.ErrorIs(t, w.manager.Restore(t.Context(), "acme", "no"), lifecycle.ErrDeleting)
		require.NoError(t, w.manager.Delete(t.Context(), "acme", "left"))
		all := dump(t, e.Dialect, raw)
		require.Empty(t, of(all, "acme", "tenancy_changes", "tenancy_audit", "tenancy_audit_heads"))
		require.Equal(t, bolt, of(all, "bolt"))
		require.Equal(t, []string{lifecycle.KindCreated, lifecycle.KindArchived, lifecycle.KindDeleting, lifecycle.KindDeleted}, w.kinds(t, "acme"))
	})
}

// accounts returns the accounts of acme, as acme sees them.
func (w *world) accounts(t *testing.T) []string {
	t.Helper()
	rows, err := w.pool.QueryContext(tenant.WithID(t.Context(), "acme"), `SELECT id FROM accounts ORDER BY id`)
	require.NoError(t, err)
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	return ids
}
