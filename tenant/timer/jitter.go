package timer

import (
	"time"

	"github.com/gotenancy/tenancy/tenant"
)

// offset returns by how much the run of one tenant is put off: a time from 0
// to below jitter, the same in every process and every round, by the FNV-1a
// hash of timer and tenant (Fowler, Noll, Vo) and the finalizer of MurmurHash3,
// since the low bits of FNV alone are poorly spread for ids that differ in one
// letter.
func offset(timer string, id tenant.ID, jitter time.Duration) time.Duration {
	if jitter < time.Millisecond {
		return 0
	}
	h := uint64(14695981039346656037)
	add := func(s string) {
		for i := 0; i < len(s); i++ {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	add(timer)
	add("\x00")
	add(string(id))
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	return time.Duration(h%uint64(jitter.Milliseconds())) * time.Millisecond
}
