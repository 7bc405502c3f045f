package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gotenancy/tenancy/tenant"
)

// Record is an event as the log keeps it.
type Record struct {
	tenant.Event

	// Seq is the number of the record in the stream of its tenant: 1 is the
	// first, and there are no gaps but those that Prune has left.
	Seq int64
}

// Position says where in an answer a record stands; see [Query.After].
type Position struct {
	At     time.Time
	Tenant tenant.ID
	Seq    int64
}

// Position returns where the record stands.
func (r Record) Position() Position { return Position{At: r.At, Tenant: r.Tenant, Seq: r.Seq} }

// How long the parts of an event may be, in bytes.
const (
	MaxKindLen   = 64
	MaxActorLen  = 190
	MaxObjectLen = 255
	MaxReasonLen = 1000
	MaxDetailLen = 8192 // of the detail as JSON
)

// What can be wrong with an event or a context; test with errors.Is.
var (
	// ErrTooLarge: a part of the event is longer than it may be. The error is
	// a [*TooLargeError].
	ErrTooLarge = errors.New("audit: too large")

	// ErrInvalidEvent: the kind is not of the form "subject.verb" or is
	// KindPruned, the tenant's id is malformed, or a text is not UTF-8 or holds a zero byte.
	ErrInvalidEvent = errors.New("audit: malformed event")

	// ErrOutside: the event is about a tenant that the context does not reach,
	// or about none in the context of one.
	ErrOutside = errors.New("audit: the context does not reach the tenant that the event is about")

	// ErrPrune: Prune was called with a context that does not reach all
	// tenants, without a reason, or for a time that has not come yet.
	ErrPrune = errors.New("audit: Prune takes a context of tenant.AcrossAll, a reason and a time in the past")
)

// TooLargeError says which part of an event is too long. It is [ErrTooLarge].
type TooLargeError struct {
	Field       string // "Kind", "Actor", "Object", "Reason" or "Detail"
	Size, Limit int    // in bytes
}

// Error implements error. It does not quote the event.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%v: the event's %s has %d bytes, at most %d are allowed", ErrTooLarge, e.Field, e.Size, e.Limit)
}

// Unwrap returns [ErrTooLarge].
func (e *TooLargeError) Unwrap() error { return ErrTooLarge }

// encode checks an event and returns its detail as JSON.
func encode(ev *tenant.Event) (detail string, err error) {
	if ev.Tenant != "" && !ev.Tenant.Valid() || ev.Actor.Tenant != "" && !ev.Actor.Tenant.Valid() {
		return "", fmt.Errorf("%w: a tenant's id", ErrInvalidEvent)
	}
	if !validKind(ev.Kind) {
		return "", fmt.Errorf("%w: the kind is not of the form subject.verb in lower-case letters", ErrInvalidEvent)
	}
	for name, text := range ev.Detail {
		if !plain(name) || !plain(text) {
			return "", fmt.Errorf("%w: Detail is no UTF-8 text", ErrInvalidEvent)
		}
	}
	detail = "{}"
	if len(ev.Detail) > 0 {
		text, err := json.Marshal(ev.Detail)
		if err != nil {
			return "", fmt.Errorf("%w: Detail: %w", ErrInvalidEvent, err)
		}
		detail = string(text)
	}
	for _, part := range []struct {
		field, text string
		limit       int
	}{
		{"Kind", ev.Kind, MaxKindLen},
		{"Actor", ev.Actor.ID, MaxActorLen},
		{"Object", ev.Object, MaxObjectLen},
		{"Reason", ev.Reason, MaxReasonLen},
		{"Detail", detail, MaxDetailLen},
	} {
		if len(part.text) > part.limit {
			return "", &TooLargeError{part.field, len(part.text), part.limit}
		}
		if !plain(part.text) {
			return "", fmt.Errorf("%w: %s is no UTF-8 text", ErrInvalidEvent, part.field)
		}
	}
	return detail, nil
}

// plain reports whether every engine keeps the text as it is.
func plain(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// validKind reports whether s is two or more words with dots between them.
func validKind(s string) bool {
	words := 0
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			return false
		}
		words++
	}
	return words > 1
}
