package cell

// Number says how new something is: the number of the last change in each of up
// to two sequences that have nothing to do with one another, such as those of two
// stores that one value is loaded from. Whoever has a single sequence uses A. 0 is
// before all changes, and says nothing about a sequence.
type Number struct{ A, B int64 }

// Covers reports whether what has the number n contains every change up to m. Of
// two numbers it may be that neither covers the other.
func (n Number) Covers(m Number) bool { return n.A >= m.A && n.B >= m.B }

// Max returns the smallest number that covers both.
func (n Number) Max(m Number) Number { return Number{max(n.A, m.A), max(n.B, m.B)} }
