package difftest

// Names are those of WITH queries that can be seen at a place, innermost first. The
// nil value has none.
type Names struct {
	name  string
	outer *Names
}

// With returns the names with one more.
func (n *Names) With(name string) *Names { return &Names{name, n} }

// Has reports whether a name is among them.
func (n *Names) Has(name string) bool {
	for ; n != nil; n = n.outer {
		if n.name == name {
			return true
		}
	}
	return false
}
