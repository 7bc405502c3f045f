package soak

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gotenancy/tenancy/internal/conformance/engines"
	"github.com/gotenancy/tenancy/internal/conformance/servers"
	"github.com/gotenancy/tenancy/scope/scopetest"
)

// host is where the databases of a run are. Random statements bring servers down,
// so one of the run's own is started where the programs are installed.
type host struct {
	open   scopetest.Opener
	server *servers.Server // nil for an engine in this process

	mu sync.Mutex
}

func openHost(ctx context.Context, engine string) (*host, error) {
	if open, ok := engines.Memory(engine); ok {
		return &host{open: open}, nil
	}
	for _, k := range servers.Kinds() {
		if k.Name != engine {
			continue
		}
		server, err := k.Private(ctx)
		if err != nil {
			var findErr error
			if server, findErr = k.Find(ctx); findErr != nil {
				return nil, errors.Join(err, findErr)
			}
		}
		return &host{open: engines.OnServer(server), server: server}, nil
	}
	return nil, fmt.Errorf("there is no engine %q", engine)
}

func (h *host) close() error {
	if h.server == nil {
		return nil
	}
	return h.server.Stop()
}

// crashed reports whether the server has gone, and starts it again.
func (h *host) crashed(ctx context.Context) (bool, error) {
	if h.server == nil || !h.server.Private() {
		return false, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server.Running() {
		return false, nil
	}
	return true, h.server.Restart(ctx)
}
