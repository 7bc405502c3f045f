package ctxtreesql

import (
	"context"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
	"github.com/gotenancy/tenancy/tenant/feed"
)

// Node implements [ctxtree.Store].
func (s *Store) Node(ctx context.Context, id int64) (ctxtree.Node, bool, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil {
		return ctxtree.Node{}, false, err
	}
	n, found, err := s.node(ctx, reach, id)
	return n, found, failed(err)
}

// node is Node within a reach. What the reach does not cover stays in the
// database.
func (s *Store) node(ctx context.Context, reach ctxtree.Reach, id int64) (ctxtree.Node, bool, error) {
	within, args := readable(reach)
	return s.one(ctx, `id = ?`+within, append([]any{id}, args...)...)
}

// ByInstance implements [ctxtree.Store].
func (s *Store) ByInstance(ctx context.Context, of tenant.ID, level ctxtree.Level, instance string) (ctxtree.Node, bool, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil || !reach.Reads(of) || !askable(level, instance) {
		return ctxtree.Node{}, false, err
	}
	n, found, err := s.byInstance(ctx, of, level, instance)
	return n, found, failed(err)
}

// askable reports whether a node can be of that level and instance. MySQL takes
// text with a space behind for that without, so what can not be is not asked for.
func askable(level ctxtree.Level, instance string) bool {
	return level.Valid() && (instance == "" || ctxtree.ValidInstance(instance))
}

func (s *Store) byInstance(ctx context.Context, of tenant.ID, level ctxtree.Level, instance string) (ctxtree.Node, bool, error) {
	return s.one(ctx, `tenant_id = ? AND level = ? AND instance = ?`, string(of), string(level), instance)
}

// Find implements [ctxtree.Store].
func (s *Store) Find(ctx context.Context, level ctxtree.Level, instance string) ([]ctxtree.Node, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil || !askable(level, instance) {
		return nil, err
	}
	within, args := readable(reach)
	nodes, err := s.query(ctx, `level = ? AND instance = ?`+within+` ORDER BY tenant_id`,
		append([]any{string(level), instance}, args...)...)
	return nodes, failed(err)
}

// Ancestors implements [ctxtree.Store].
func (s *Store) Ancestors(ctx context.Context, id int64) ([]ctxtree.Node, error) {
	n, found, err := s.Node(ctx, id)
	if err != nil || !found {
		return nil, err
	}
	line, err := s.line(ctx, n, "")
	return line, failed(err)
}

// line returns the nodes from the system down to n, all of which are of n's
// tenant or of none.
func (s *Store) line(ctx context.Context, n ctxtree.Node, suffix string) ([]ctxtree.Node, error) {
	ids, ok := n.Line()
	if !ok {
		return nil, ctxtree.ErrNoNode
	}
	args := make([]any, 0, len(ids)+2)
	for _, id := range ids {
		args = append(args, id)
	}
	args = append(args, string(n.Tenant), "")
	return s.query(ctx, `id IN (`+marks(len(ids))+`) AND tenant_id IN (?, ?) ORDER BY path`+suffix, args...)
}

// Descendants implements [ctxtree.Store].
func (s *Store) Descendants(ctx context.Context, id int64) ([]ctxtree.Node, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil {
		return nil, err
	}
	n, found, err := s.node(ctx, reach, id)
	if err != nil || !found {
		return nil, failed(err)
	}
	within, args := readable(reach)
	nodes, err := s.query(ctx, below+within+` ORDER BY path`, append(belowArgs(n), args...)...)
	return nodes, failed(err)
}

// Load implements [ctxtree.Store].
func (s *Store) Load(ctx context.Context, of tenant.ID) (nodes []ctxtree.Node, number int64, err error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil || !reach.Reads(of) {
		return nil, 0, err
	}
	err = sqltext.Snapshot(ctx, s.db, s.dialect, func(db tenant.DBTX) (err error) {
		if number, err = feed.Number(ctx, db, s.dialect, of); err == nil {
			nodes, err = s.With(db).query(ctx, `tenant_id = ? ORDER BY path`, string(of))
		}
		return err
	})
	if err != nil {
		return nil, 0, failed(err)
	}
	return nodes, number, nil
}

// Number implements [ctxtree.Store].
func (s *Store) Number(ctx context.Context, of tenant.ID) (int64, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil || !reach.Reads(of) {
		return 0, err
	}
	number, err := feed.Number(ctx, s.db, s.dialect, of)
	return number, failed(err)
}

// below selects what lies below a path, without the node itself, in a form
// that every database answers from an index: "/1/5/" < path < "/1/50", the
// character 0 being the one after the slash.
const below = `path > ? AND path < ?`

func belowArgs(n ctxtree.Node) []any {
	return []any{n.Path, strings.TrimSuffix(n.Path, "/") + "0"}
}

// readable returns the condition that keeps a statement within the reach.
func readable(reach ctxtree.Reach) (string, []any) {
	ids, all := reach.Readable()
	switch {
	case all:
		return "", nil
	case len(ids) == 0:
		return ` AND 1 = 0`, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	return ` AND tenant_id IN (` + marks(len(ids)) + `)`, args
}

// marks returns n placeholders.
func marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}
