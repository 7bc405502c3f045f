package rbac

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A name is found by its text wherever it stands, and by nothing else that stands
// in the same place: not the empty name, whose place may be 0, nor the beginning
// of a declared one.
func TestCatalogueFind(t *testing.T) {
	t.Parallel()
	// Two declared names may begin in one place.
	long := strings.Clone("doc:view:others")
	names := []string{long, long[:len("doc:view")], strings.Clone("doc:edit")}
	for range 32 { // the tables are made in a random order
		var declared []Capability
		for _, name := range names {
			declared = append(declared, Capability{Name: name})
		}
		resolved, err := newCapabilities(declared)
		require.NoError(t, err)
		c, other := newCatalogue(resolved), newCatalogue(resolved)
		for _, name := range names {
			require.Equal(t, name, c.find(name).name)
			require.Same(t, c.find(name), c.find(strings.Clone(name)), "elsewhere in the memory")
			require.NotSame(t, c.find(name), other.find(name))
			for n := range len(name) {
				if part := name[:n]; part != names[1] {
					require.Nil(t, c.find(part), part)
				}
				require.Nil(t, c.find(name[n+1:]), name[n+1:])
			}
		}
		require.Nil(t, c.find(""))
		require.Nil(t, c.find(strings.Clone("doc:")))
	}
}
