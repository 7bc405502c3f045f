package config

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/gotenancy/tenancy/tenant"
)

// definition is a Key without its type. It never changes, but for the memory
// of which Resolver it was found in last.
type definition struct {
	name    string
	aliases []string
	typ     reflect.Type
	def     any  // the default, a T
	plain   bool // callers can share a T
	direct  bool // and no account has a value of its own

	isolation  tenant.Isolation
	module     string
	noInherit  bool
	perAccount bool
	editable   Editor
	merge      Merge
	outage     Outage
	sealed     bool
	public     bool

	description string
	oneOf       []string // JSON
	least, most any      // T, or nil
	checks      []func(value any) error
	compute     func(ctx context.Context, s Snapshot) (any, error)

	fallback string                        // the default, JSON
	closed   *string                       // the closed value, JSON, or nil
	parse    func(raw string) (any, error) // decodes strictly, and checks; a T

	err error // what is wrong with the declaration; NewResolver reports it

	bound atomic.Pointer[binding]
}

// fail keeps the first thing that is wrong with a declaration.
func (d *definition) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Option adds a rule to a [Key].
type Option func(*definition)

// Isolation says whether each tenant may have a value of its own. Without it,
// or with [tenant.Inherit], the key follows its module, or else its namespace,
// or else [Config].Isolation.
func Isolation(i tenant.Isolation) Option {
	return func(d *definition) { d.isolation = i }
}

// Module names the [tenant.Module] whose isolation the key inherits.
func Module(name string) Option {
	return func(d *definition) { d.module = name }
}

// NotInherited makes a tenant that has no value of its own fall back to the
// default of the declaration, and not to base, global and group values: such as
// a password for the installation's own account somewhere. A forced value
// counts all the same.
func NotInherited() Option {
	return func(d *definition) { d.noInherit = true }
}

// PerAccount adds a layer above the tenant: each account may have a value of
// its own in each tenant. Reading it costs a second look-up.
func PerAccount() Option {
	return func(d *definition) { d.perAccount = true }
}

// Alias gives the key a former name. Values that are stored under it count
// where their layer has none under the new one, [Get] and [Lookup] know both,
// and a write goes to the new one.
func Alias(names ...string) Option {
	return func(d *definition) { d.aliases = append(d.aliases, names...) }
}

// Closed gives the value that [Key.Get] and [Get] return where no answer is
// trustworthy: without a tenant, with a store that fails, on a value of the
// wrong type. Declare it where the default would open something. value is
// converted to the key's type.
func Closed(value any) Option {
	return func(d *definition) {
		raw, err := encode(value)
		if err != nil {
			d.fail(fmt.Errorf("closed value: %w", err))
			return
		}
		d.closed = &raw
	}
}

// Outage is what a key answers while the store can not be asked.
type Outage uint8

// What a key can do in an outage.
const (
	// OutageLastKnown answers with what was known last, and has no answer where
	// nothing is known of the tenant.
	OutageLastKnown Outage = iota

	// OutageGlobal does the same, but answers from the layers that all tenants
	// share where nothing is known of the tenant.
	OutageGlobal

	// OutageRefuse has no answer at all. It is for keys of which an old value
	// is worse than the closed one.
	OutageRefuse
)

// OnOutage says what the key answers while the store can not be asked;
// OutageLastKnown without it.
func OnOutage(o Outage) Option {
	return func(d *definition) { d.outage = o }
}

// Editor is who may change a setting. A later one may change what an earlier
// one may.
type Editor uint8

// The editors.
const (
	EditorNobody   Editor = iota // as an answer of Config.Editor
	EditorAccount                // everybody for himself: keys that are PerAccount
	EditorManager                // who runs a tenant
	EditorOperator               // who runs the installation
)

// EditableBy says who may change the setting in a tenant, see [Config].Editor;
// EditorOperator without it. Global and group values are always the operator's.
func EditableBy(e Editor) Option {
	return func(d *definition) { d.editable = e }
}

// Merge is how the layers' values of a key become one.
type Merge uint8

// The ways to merge. All but MergeReplace are for keys whose values are JSON
// objects: a layer whose value is none replaces what is below it.
const (
	// MergeReplace takes the highest layer's value.
	MergeReplace Merge = iota

	// MergeShallow lays the fields of an object over those of the layers below.
	MergeShallow

	// MergeDeep does so in objects within objects too.
	MergeDeep

	// MergeOpenEdX is MergeShallow, but null counts as an object without fields,
	// as in site configurations of Open edX.
	MergeOpenEdX
)

// Merged says how the layers' values become one; MergeReplace without it. A
// merged key still has one value in each layer, which is written whole.
func Merged(m Merge) Option {
	return func(d *definition) { d.merge = m }
}

// Sealed encrypts the stored values with [Config].Keyring, for one owner and
// this key only: moved elsewhere they do not open. They are left out wherever
// settings are shown. Values in Config.Base, Config.Forced and the declaration
// are plain. A key of type [Secret] is sealed without it.
func Sealed() Option {
	return func(d *definition) { d.sealed = true }
}

// Public marks a setting that may be sent to clients, see [Snapshot.Public].
func Public() Option {
	return func(d *definition) { d.public = true }
}

// Describe says in a sentence what the setting does, for forms.
func Describe(text string) Option {
	return func(d *definition) { d.description = text }
}

// Validate refuses values for which check returns an error, on writing and on
// loading. T is the key's type. The error must not quote the value of a sealed
// key; it is wrapped in [ErrInvalid], and so is a panic. check must not read
// settings: it is called while they are loaded, and would wait for itself.
func Validate[T any](check func(T) error) Option {
	return func(d *definition) {
		if !ofType[T](d, "Validate") {
			return
		}
		d.checks = append(d.checks, func(v any) error {
			t, _ := v.(T) // a T, or no value where T is an interface
			return check(t)
		})
	}
}

// OneOf refuses all values but these, compared as JSON.
func OneOf[T any](values ...T) Option {
	return func(d *definition) {
		if !ofType[T](d, "OneOf") {
			return
		}
		for _, v := range values {
			raw, err := encode(v)
			if err != nil {
				d.fail(err)
				return
			}
			d.oneOf = append(d.oneOf, raw)
		}
		d.checks = append(d.checks, func(v any) error {
			raw, err := encode(v)
			if err != nil {
				return err
			}
			for _, one := range d.oneOf {
				if raw == one {
					return nil
				}
			}
			return errors.New("it is not one of those listed")
		})
	}
}

// Between refuses values outside least and most, which both are allowed.
func Between[T interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}](least, most T) Option {
	return func(d *definition) {
		if !ofType[T](d, "Between") {
			return
		}
		d.least, d.most = least, most
		d.checks = append(d.checks, func(v any) error {
			if n := v.(T); n < least || n > most {
				return fmt.Errorf("it is not between %v and %v", least, most)
			}
			return nil
		})
	}
}

// Computed makes the key's default a function of the tenant's other settings.
// s is what the reader sees. It is called at every read of the key in which no
// layer has a value, and must return fast. A key that needs itself is an error
// of the read.
func Computed[T any](f func(ctx context.Context, s Snapshot) (T, error)) Option {
	return func(d *definition) {
		if !ofType[T](d, "Computed") {
			return
		}
		d.compute = func(ctx context.Context, s Snapshot) (any, error) { return f(ctx, s) }
	}
}

func ofType[T any](d *definition, option string) bool {
	if want := reflect.TypeFor[T](); want != d.typ {
		d.fail(fmt.Errorf("%w: %s is for a key of type %v, and this one is %v", ErrMistyped, option, want, d.typ))
		return false
	}
	return true
}

// check applies the key's rules to a value of its type.
func (d *definition) check(v any) error {
	for _, c := range d.checks {
		if err := c(v); err != nil {
			return fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return nil
}

// finish looks at a declaration as a whole.
func (d *definition) finish() {
	for _, name := range append([]string{d.name}, d.aliases...) {
		if !ValidKey(name) || isReserved(name) {
			d.err = ErrBadKey
		}
	}
	if d.err != nil {
		return
	}
	if d.closed != nil {
		if _, err := d.parse(*d.closed); err != nil {
			d.fail(fmt.Errorf("closed value: %w", err))
		}
	}
	// What callers can share need not be converted, and so can not lose anything
	// on the way.
	if d.plain {
		if err := d.check(d.def); err != nil {
			d.fail(fmt.Errorf("default: %w", err))
		}
	} else if back, err := d.parse(d.fallback); errors.Is(err, ErrInvalid) {
		d.fail(fmt.Errorf("default: %w", err))
	} else if err != nil || !reflect.DeepEqual(back, d.def) {
		d.fail(fmt.Errorf("%w: the default is not the same after the way to JSON and back", ErrMistyped))
	}
	d.direct = d.plain && !d.perAccount
	switch {
	case d.sealed && d.public:
		d.fail(errors.New("a sealed setting can not be public"))
	case d.isolation == tenant.Shared && d.perAccount:
		d.fail(errors.New("a shared setting can not be one of each account"))
	}
}
