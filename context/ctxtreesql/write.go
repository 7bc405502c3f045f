package ctxtreesql

import (
	"context"
	"strings"

	ctxtree "github.com/gotenancy/tenancy/context"
	"github.com/gotenancy/tenancy/internal/carry"
	"github.com/gotenancy/tenancy/internal/sqltext"
	"github.com/gotenancy/tenancy/tenant"
)

const (
	insertNode = `INSERT INTO tenancy_nodes (tenant_id, level, instance, parent_id, path, depth, locked) VALUES (?, ?, ?, ?, '', 0, 0)`
	updatePath = `UPDATE tenancy_nodes SET parent_id = ?, path = ?, depth = ? WHERE id = ? AND tenant_id = ?`
	updateLock = `UPDATE tenancy_nodes SET locked = ? WHERE id = ? AND tenant_id = ?`
	deleteTree = `DELETE FROM tenancy_nodes WHERE tenant_id = ? AND path >= ? AND path < ?`
	deleteAll  = `DELETE FROM tenancy_nodes WHERE tenant_id = ?`
)

// Create implements [ctxtree.Store].
func (s *Store) Create(ctx context.Context, spec ctxtree.Spec) (ctxtree.Node, error) {
	// The parent's tenant never changes, so that it may be read ahead of the
	// lock; everything else about the parent is read again under it.
	reach, parent, err := s.target(ctx, "create", spec.Parent)
	if err != nil {
		return ctxtree.Node{}, err
	}
	n, err := s.levels.Child(parent, spec)
	if err != nil {
		return ctxtree.Node{}, nodeError("create", spec.Parent, err)
	}
	var created ctxtree.Node
	err = s.change(ctx, "create", spec.Parent, reach, n.Tenant, func(tx tx) error {
		parent, err := tx.hold(ctx, spec.Parent)
		if err != nil {
			return err
		}
		if _, taken, err := tx.byInstance(ctx, n.Tenant, n.Level, n.Instance); err != nil || taken {
			return cause(err, ctxtree.ErrTaken)
		}
		if err := tx.exec(ctx, insertNode, string(n.Tenant), string(n.Level), n.Instance, parent.ID); err != nil {
			return err
		}
		// Asking for the new number is the one way that all databases share.
		row, found, err := tx.byInstance(ctx, n.Tenant, n.Level, n.Instance)
		if err != nil || !found {
			return cause(err, ctxtree.ErrNoNode)
		}
		if created, err = n.Numbered(row.ID, parent); err != nil {
			return err
		}
		return tx.exec(ctx, updatePath, created.Parent, created.Path, created.Depth, created.ID, string(created.Tenant))
	})
	if err != nil {
		return ctxtree.Node{}, err
	}
	return created, nil
}

// Move implements [ctxtree.Store].
func (s *Store) Move(ctx context.Context, id, parent int64) (ctxtree.Node, error) {
	reach, n, err := s.target(ctx, "move", id)
	if err != nil {
		return ctxtree.Node{}, err
	}
	var moved ctxtree.Node
	err = s.change(ctx, "move", id, reach, n.Tenant, func(tx tx) error {
		n, err := tx.hold(ctx, id)
		if err != nil {
			return err
		}
		to, err := tx.hold(ctx, parent)
		if err != nil {
			return err
		}
		if moved, err = s.levels.Moved(n, to); err != nil {
			return err
		}
		if err := tx.carry(ctx, n, moved); err != nil {
			return err
		}
		return tx.exec(ctx, updatePath, moved.Parent, moved.Path, moved.Depth, moved.ID, string(moved.Tenant))
	})
	if err != nil {
		return ctxtree.Node{}, err
	}
	return moved, nil
}

// SetLocked implements [ctxtree.Store].
func (s *Store) SetLocked(ctx context.Context, id int64, locked bool) error {
	reach, n, err := s.target(ctx, "lock", id)
	if err != nil {
		return err
	}
	return s.change(ctx, "lock", id, reach, n.Tenant, func(tx tx) error {
		n, err := tx.hold(ctx, id)
		if err != nil {
			return err
		}
		line, err := tx.line(ctx, n, tx.forUpdate())
		if err != nil {
			return err
		}
		if ctxtree.Locked(line[:len(line)-1]) {
			return ctxtree.ErrLockedAbove
		}
		flag := 0
		if locked {
			flag = 1
		}
		return tx.exec(ctx, updateLock, flag, n.ID, string(n.Tenant))
	})
}

// Delete implements [ctxtree.Store].
func (s *Store) Delete(ctx context.Context, id int64) error {
	reach, n, err := s.target(ctx, "delete", id)
	if err != nil {
		return err
	}
	if err := reach.Writes(n.Tenant); err != nil {
		return nodeError("delete", id, err)
	}
	if id == ctxtree.SystemID {
		return nodeError("delete", id, ctxtree.ErrSystem)
	}
	return s.change(ctx, "delete", id, reach, n.Tenant, func(tx tx) error {
		n, err := tx.hold(ctx, id)
		if err != nil {
			return err
		}
		return tx.exec(ctx, deleteTree, append([]any{string(n.Tenant)}, belowArgs(n)...)...)
	})
}

// DeleteAll implements [ctxtree.Store].
func (s *Store) DeleteAll(ctx context.Context, of tenant.ID) (n int, err error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil {
		return 0, err
	}
	if err := reach.Writes(of); err == nil && of == "" {
		return 0, nodeError("delete all", 0, ctxtree.ErrSystem)
	}
	err = s.change(ctx, "delete all", 0, reach, of, func(tx tx) error {
		result, err := tx.db.ExecContext(carry.Library(ctx), sqltext.Rebind(s.dialect, deleteAll), string(of))
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		n = int(rows)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// target returns the reach of ctx and the node to be changed, as it is before
// the lock is taken.
func (s *Store) target(ctx context.Context, op string, id int64) (ctxtree.Reach, ctxtree.Node, error) {
	reach, err := ctxtree.ReachOf(ctx)
	if err != nil {
		return reach, ctxtree.Node{}, err
	}
	n, found, err := s.node(ctx, reach, id)
	if err != nil || !found {
		return reach, n, nodeError(op, id, cause(err, ctxtree.ErrNoNode))
	}
	return reach, n, nil
}

// hold returns the node as it is under the lock: the last committed state,
// also in a transaction that works on an older snapshot.
func (t tx) hold(ctx context.Context, id int64) (ctxtree.Node, error) {
	within, args := readable(t.reach)
	n, found, err := t.one(ctx, `id = ?`+within+t.forUpdate(), append([]any{id}, args...)...)
	if err != nil || !found {
		return ctxtree.Node{}, cause(err, ctxtree.ErrNoNode)
	}
	return n, nil
}

// forUpdate ends a SELECT that must not read an old snapshot. SQLite has one
// writer at a time and no such clause.
func (s *Store) forUpdate() string {
	if s.dialect == tenant.SQLite {
		return ""
	}
	return ` FOR UPDATE`
}

// batch is how many nodes one statement rewrites.
const batch = 200

// carry rewrites the paths below from, which becomes to.
func (t tx) carry(ctx context.Context, from, to ctxtree.Node) error {
	nodes, err := t.query(ctx, `tenant_id = ? AND `+below+` ORDER BY path`+t.forUpdate(),
		append([]any{string(from.Tenant)}, belowArgs(from)...)...)
	if err != nil {
		return err
	}
	for len(nodes) > 0 {
		some := nodes[:min(batch, len(nodes))]
		nodes = nodes[len(some):]
		if err := t.carryBatch(ctx, some, from, to); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) carryBatch(ctx context.Context, nodes []ctxtree.Node, from, to ctxtree.Node) error {
	var paths, ids []any
	for _, n := range nodes {
		n, err := n.Carried(from, to)
		if err != nil {
			return err
		}
		paths = append(paths, n.ID, n.Path)
		ids = append(ids, n.ID)
	}
	q := `UPDATE tenancy_nodes SET path = CASE id` + strings.Repeat(` WHEN ? THEN ?`, len(nodes)) +
		` ELSE path END, depth = depth + ? WHERE tenant_id = ? AND id IN (` + marks(len(nodes)) + `)`
	args := append(paths, to.Depth-from.Depth, string(from.Tenant))
	return t.exec(ctx, q, append(args, ids...)...)
}

// cause returns err, or otherwise where there is none.
func cause(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
