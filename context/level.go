package ctxtree

import (
	"fmt"
	"slices"
)

// Level says what kind of object a node stands for.
type Level string

// The levels that every tree has. The system is the one root. A tenant lies
// directly under it; a user lies under the tenant that it is a member of, or
// under the system if it is a member of none.
const (
	LevelSystem Level = "system"
	LevelTenant Level = "tenant"
	LevelUser   Level = "user"
)

// AnyLevel in a [LevelRule] allows every parent.
const AnyLevel Level = "*"

// maxLevelLen is the longest name of a level in bytes.
const maxLevelLen = 63

// LevelRule declares a level of the application: below nodes of which levels
// its own nodes may lie.
type LevelRule struct {
	Level Level
	Under []Level
}

// Levels are the levels of one application. The zero Levels holds the built-in
// ones only. It is immutable and safe for concurrent use.
type Levels struct {
	under map[Level][]Level
}

// NewLevels returns the built-in levels and those declared. A name is 1 to 63
// bytes of lower-case ASCII letters, digits, hyphen and underscore; it is an
// error to declare one twice, to declare a built-in one, to allow no parent,
// or to name a parent that is not declared.
func NewLevels(rules ...LevelRule) (Levels, error) {
	l := Levels{under: make(map[Level][]Level, len(rules))}
	for _, r := range rules {
		if err := r.check(); err != nil {
			return Levels{}, err
		}
		if l.Known(r.Level) {
			return Levels{}, fmt.Errorf("ctxtree: level %q is declared twice or built in", r.Level)
		}
		l.under[r.Level] = slices.Clone(r.Under)
	}
	for _, r := range rules {
		for _, parent := range r.Under {
			if parent != AnyLevel && !l.Known(parent) {
				return Levels{}, fmt.Errorf("ctxtree: level %q is allowed under %q, which is not declared", r.Level, parent)
			}
		}
	}
	return l, nil
}

func (r LevelRule) check() error {
	if !r.Level.Valid() {
		return fmt.Errorf("ctxtree: level %q: use 1 to 63 of a-z, 0-9, hyphen and underscore", r.Level)
	}
	if len(r.Under) == 0 {
		return fmt.Errorf("ctxtree: level %q is allowed nowhere", r.Level)
	}
	return nil
}

// Valid reports whether l is 1 to 63 bytes of lower-case ASCII letters, digits,
// hyphen and underscore. A database may take other text for a level that it is
// not.
func (l Level) Valid() bool {
	for _, c := range []byte(l) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return l != "" && len(l) <= maxLevelLen
}

// Known reports whether the level is built in or declared.
func (l Levels) Known(level Level) bool {
	switch level {
	case LevelSystem, LevelTenant, LevelUser:
		return true
	}
	_, ok := l.under[level]
	return ok
}

// Allowed reports whether nodes of the level may lie directly below nodes of
// level parent. Nothing is allowed for a level that is not known.
func (l Levels) Allowed(level, parent Level) bool {
	switch level {
	case LevelSystem:
		return false
	case LevelTenant:
		return parent == LevelSystem
	case LevelUser:
		return parent == LevelSystem || parent == LevelTenant
	}
	under := l.under[level]
	return l.Known(parent) && (slices.Contains(under, parent) || slices.Contains(under, AnyLevel))
}
