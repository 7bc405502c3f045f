// Package configtest holds implementations of [config.Store] to their
// contract. It needs nothing but package testing.
package configtest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// TestStore runs the contract of [config.Store] against the stores that
// newStore makes. newStore is called several times; each store must be empty.
// Where a store has a method DeleteTenant, as those of this module do, that is
// held to its word too.
func TestStore(t *testing.T, newStore func(t *testing.T) config.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, config.Store)
	}{
		{"empty", testEmpty},
		{"values", testValues},
		{"numbers", testNumbers},
		{"batch", testBatch},
		{"owners apart", testApart},
		{"similar owners apart", testSimilar},
		{"groups with the global ones", testShared},
		{"owners share numbers", testSharedNumbers},
		{"a version required", testIf},
		{"a version required of each owner", testIfOwners},
		{"a version required at once", testIfAtOnce},
		{"counting at once", testCount},
		{"forced", testForced},
		{"refusals", testRefusals},
		{"refusals of owners", testBadOwners},
		{"history", testHistory},
		{"history of each owner", testHistoryApart},
		{"deleted tenants", testDeleteTenant},
		{"cancelled", testCancelled},
		{"concurrent", testConcurrent},
		{"concurrent tenants", testConcurrentOwners},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, newStore(t)) })
	}
}

// store is a Store with the failures checked.
type store struct {
	t *testing.T
	config.Store
}

// of is the owner that most parts are content with.
func of(id tenant.ID) config.Owner { return config.Owner{Tenant: id} }

func (s store) write(owner config.Owner, changes ...config.Change) int64 {
	s.t.Helper()
	n, err := s.Write(context.Background(), owner, config.Edit{}, changes...)
	if err != nil {
		s.t.Fatalf("Write for %+v: %v", owner, err)
	}
	return n
}

// all returns the settings of an owner, by group and key, and checks that none
// comes twice.
func (s store) all(owner config.Owner) (map[[2]string]config.Setting, int64) {
	s.t.Helper()
	settings, number, err := s.Load(context.Background(), owner)
	if err != nil {
		s.t.Fatalf("Load of %+v: %v", owner, err)
	}
	all := map[[2]string]config.Setting{}
	for _, set := range settings {
		at := [2]string{set.Group, set.Key}
		if _, twice := all[at]; twice {
			s.t.Errorf("Load of %+v gave %v twice", owner, at)
		}
		all[at] = set
	}
	return all, number
}

// load returns the settings of an owner without those of groups that are not
// the owner.
func (s store) load(owner config.Owner) (map[string]string, map[string]int64, int64) {
	s.t.Helper()
	all, number := s.all(owner)
	values, versions := map[string]string{}, map[string]int64{}
	for _, set := range all {
		if set.Group != owner.Group {
			if owner != (config.Owner{}) {
				s.t.Errorf("Load of %+v gave a setting of group %q", owner, set.Group)
			}
			continue
		}
		values[set.Key], versions[set.Key] = string(set.Value), set.Version
	}
	return values, versions, number
}

func (s store) want(owner config.Owner, want map[string]string) {
	s.t.Helper()
	if got, _, _ := s.load(owner); !reflect.DeepEqual(got, want) {
		s.t.Errorf("%+v has %v, want %v", owner, got, want)
	}
}

func (s store) history(owner config.Owner, key string) []config.Revision {
	s.t.Helper()
	revs, err := s.History(context.Background(), owner, key, 1000)
	if err != nil {
		s.t.Fatalf("History of %+v: %v", owner, err)
	}
	return revs
}

// refuses checks that a write fails for that reason and changes nothing, not
// even a number.
func (s store) refuses(name string, want error, owner config.Owner, changes ...config.Change) {
	s.t.Helper()
	before := s.everything(owner)
	n, err := s.Write(context.Background(), owner, config.Edit{}, changes...)
	if n != 0 || !errors.Is(err, want) {
		s.t.Errorf("%s: Write for %+v gave number %d and error %v, want %v", name, owner, n, err, want)
	}
	if after := s.everything(owner); !reflect.DeepEqual(after, before) {
		s.t.Errorf("%s: a refused write for %+v left %v, before it was %v", name, owner, after, before)
	}
}

// everything is what can be seen of an owner that exists.
func (s store) everything(owner config.Owner) any {
	s.t.Helper()
	if owner.Check() != nil {
		return nil
	}
	all, number := s.all(owner)
	return []any{all, number, s.history(owner, "a"), s.history(owner, "b"), s.history(owner, "c")}
}

func set(key, value string) config.Change {
	return config.Change{Key: key, Value: json.RawMessage(value)}
}

// only is c on the condition that the key has that version.
func only(c config.Change, version int64) config.Change {
	c.If = &version
	return c
}

func forced(c config.Change) config.Change {
	c.Forced = true
	return c
}
