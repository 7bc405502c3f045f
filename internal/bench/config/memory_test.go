package config_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotenancy/tenancy/config"
	"github.com/gotenancy/tenancy/tenant"
)

// declared are 200 settings: flags, numbers and texts.
func declared() (keys []config.Declaration) {
	for i := range settings {
		switch i % 4 {
		case 0, 1:
			keys = append(keys, config.Declare(name(i), false))
		case 2:
			keys = append(keys, config.Declare(name(i), 0))
		default:
			keys = append(keys, config.Declare(name(i), ""))
		}
	}
	return keys
}

// made is a store in which every tenant has set the same number of settings, of
// which it keeps nothing in memory.
type made struct{ own int }

func (m made) Load(_ context.Context, o config.Owner) ([]config.Setting, int64, error) {
	if o.Tenant == "" {
		return nil, 1, nil
	}
	out := make([]config.Setting, m.own)
	for i := range out {
		value := [...]string{`true`, `true`, `1234`, `"text"`}[i*41%4]
		out[i] = config.Setting{Key: name(i * 41), Value: json.RawMessage(value), Version: int64(i + 1)}
	}
	return out, 9, nil
}

func (made) Write(context.Context, config.Owner, config.Edit, ...config.Change) (int64, error) {
	panic("nobody writes here")
}

func (made) History(context.Context, config.Owner, string, int) ([]config.Revision, error) {
	return nil, nil
}

const loadedTenants = 100_000

// BenchmarkMemory: what a hundred thousand tenants whose settings are in memory
// take, each: those with 5 of 200 settings of their own, and how much of that
// are the 5. Then how that grows when a million have been asked for.
func BenchmarkMemory(b *testing.B) {
	ids := make([]tenant.ID, 10*loadedTenants)
	for i := range ids {
		ids[i] = tenant.ID(fmt.Sprintf("tenant-%07d", i))
	}
	each := func(own int) (bytes, growth float64) {
		r, err := config.NewResolver(config.Config{Store: made{own}, Keys: declared(), MaxTenants: loadedTenants})
		require.NoError(b, err)
		before := heap()
		var took [2]float64
		for half, ids := range [][]tenant.ID{ids[:loadedTenants], ids[loadedTenants:]} {
			for _, id := range ids {
				ctx := config.NewContext(tenant.WithID(context.Background(), id), r)
				if own > 0 != config.Get(ctx, name(0), false) {
					b.Fatal("not loaded")
				}
			}
			took[half] = float64(heap() - before)
			require.Equal(b, loadedTenants, r.Stats().Tenants)
			if own == 0 {
				took[1] = took[0]
				break
			}
		}
		runtime.KeepAlive(r)
		return took[0] / loadedTenants, took[1] / took[0]
	}
	var with, growth, without float64
	b.Run("ours", func(b *testing.B) {
		for range b.N {
			with, growth = each(5)
			without, _ = each(0)
		}
		b.ReportMetric(growth, "growth")
		b.ReportMetric(with, "B/tenant")
		b.ReportMetric(with-without, "own-B/tenant")
		b.ReportMetric(without, "empty-B/tenant")
	})
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
