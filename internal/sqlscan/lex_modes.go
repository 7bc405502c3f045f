package sqlscan

// Modes are the settings of a session on which it depends where a quoted text
// ends. The zero value knows none of them: a text that they would split in
// different ways is then refused as Ambiguous, and no other text is. So a text
// that is understood without modes has the same structure in all of them.
type Modes uint8

// The modes. Those of SQLite are always the same, and are ignored.
const (
	// Known says that the session was asked; the others mean nothing without.
	Known Modes = 1 << iota

	// Backslashes: a backslash in a string takes the next character along. In
	// MySQL and MariaDB it is so without NO_BACKSLASH_ESCAPES, in PostgreSQL
	// with standard_conforming_strings off.
	Backslashes

	// AnsiQuotes: "x" is a name in MySQL and MariaDB, and not a string.
	AnsiQuotes
)

// verbOnly is for a text that is sent as it is: reading a system variable does
// not matter then.
const verbOnly Modes = 1 << 7

// escapes is what a backslash means inside a quoted text.
type escapes uint8

const (
	plain     escapes = iota // nothing
	backslash                // it takes the next byte along
	eitherWay                // that depends on a mode which is not known: a text which would end elsewhere is refused
)

// escapes returns what it means in '...', in the dialects that have modes.
func (m Modes) escapes() escapes {
	switch {
	case m&Known == 0:
		return eitherWay
	case m&Backslashes != 0:
		return backslash
	}
	return plain
}
