// Package fake has tests that carry numbers and end in every way there is.
package fake

import "testing"

func Test_A01_Passes(t *testing.T) {}

func Test_A2_B3_Fails(t *testing.T) { t.Error("as it should") }

func TestA04(t *testing.T) { t.Skip("nothing to be seen") }

// Passes as a whole, though there was nothing that could pass.
func Test_A05_AllSkipped(t *testing.T) {
	for _, engine := range []string{"one", "other"} {
		t.Run(engine, func(t *testing.T) { t.Skip("it is not there") })
	}
}

func Test_A06_OneSkipped(t *testing.T) {
	t.Run("one", func(t *testing.T) { t.Skip("it is not there") })
	t.Run("other", func(t *testing.T) {})
}

func TestSubtests(t *testing.T) {
	for _, engine := range []string{"one", "other"} {
		t.Run(engine, func(t *testing.T) {
			t.Run("A07 B8 in words, and with a / in it", func(t *testing.T) {})
			t.Run("B09", func(t *testing.T) {})
			t.Run("A08 fails in the second "+"round", func(t *testing.T) {
				if engine == "other" {
					t.Error("as it should")
				}
			})
		})
	}
}

// The same number as one that fails elsewhere.
func Test_A08_Passes(t *testing.T) {}

var table = []struct {
	name string
	run  bool
}{
	{"A09 from a table", true},
	{"A10 from a table that is left", false},
	{"C01", true},
	{"C2 is the number", true},
}

func TestTable(t *testing.T) { tables(t) }

func tables(t *testing.T) {
	for _, tt := range table {
		if tt.run {
			t.Run(tt.name, func(t *testing.T) {})
		}
	}
}

// Carries nothing, and must not run.
func TestOther(t *testing.T) { t.Fatal("nobody asked for it: A11 is not the beginning") }

func TestAnswersA12(t *testing.T) { TestOther(t) }
