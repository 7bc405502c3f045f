// Package config reads and writes settings that each tenant may have its own
// value of, with values of the installation behind it.
//
// It takes the place of global settings, key by key. Where the application
// read a variable, it now asks with the request's context:
//
//	size := config.Get(ctx, "page.size", 20)
//
// The answer is the tenant's own value, else the installation's, else 20. Wire
// it once: make a [Resolver] over a [Store], and give it to every request with
// [NewContext], from the Extend of tenant.Middleware. Settings that deserve a
// type, a default in one place and rules are declared:
//
//	var Signup = config.Declare("signup.open", true, config.Closed(false))
//	...
//	if Signup.Get(ctx) {
//
// # Layers
//
// Lowest first: the default of the call; that of the declaration, which may be
// [Computed] from the tenant's other settings; Config.Base, such as a file that
// [Files] has read; and in the store the global value, those of the tenant's
// groups in the order of Config.Groups, the tenant's, and for keys that are
// [PerAccount] the account's. What counts is whether a layer has a value, not
// what it is: a stored false, 0, "" or null hides the layers below.
//
// The lowest layer that forces a value ends that: Config.Forced, or a global or
// group value with [Assignment.Force]. What tenants have stored stays, and
// counts again when nothing forces the key any more. Base and forced values of
// Config are taken when the Resolver is made, and not again.
//
// The layers' values of a [Merged] key, which are objects, are laid over one
// another. Each is written whole, and may be a part of the object: the rules of
// the key are asked of each part when it is written, and of the whole when it is
// read. A key that is [NotInherited] keeps what is below from tenants, but for
// what is forced. A key is PerTenant or Shared, by itself, by its
// [tenant.Module] or by its namespace; a shared one has no layers above the
// global one, and rows that got there in another way are not read.
// [Resolver.SetEnabled] switches off all that a tenant has set, without losing
// it; what its accounts have set for themselves stays.
//
// # What comes back where nothing is certain
//
// [Get] and [Key.Get] never fail. [Lookup] and [Key.Lookup] do, and say why. In
// the modes of a context (see package tenant):
//
//	mode           Lookup                            Get
//	none           tenant.ErrNoTenant                the closed value, else the default
//	tenant         the layers up to the tenant's,    the same
//	               or the account's
//	global         the layers up to the global one   the same
//	across         tenant.ErrSeveralTenants, but a   the closed value, else the default;
//	               shared key's global value         a shared key's global value
//	built wrongly  what tenant.Err says              the closed value, else the default
//
// The default is the caller's in Get and the declared one in Key.Get. The same
// is answered where the value is not of the type asked for, is refused by a rule
// of its key, or does not open. Each such answer is counted in [Resolver.Stats].
//
// While the store can not be asked, what was known last is served, for
// Config.MaxStale or without an end, and Info says how old it is. A key may
// answer otherwise, see [OnOutage]: from the installation's layers for tenants
// of whom nothing is known, or not at all, which is for those of which an old
// value is worse than the closed one. What is forced for all counts for tenants
// of whom nothing else is known, too.
//
// # Values
//
// Values are JSON. Text, bools and numbers are taken strictly: 30, 30.0 and 3e1
// are the int 30; 30.5 and "30" are no int. A time.Duration is text such as
// "90s". A type with UnmarshalText or UnmarshalJSON decides for itself; inside
// lists, maps and structs the rules of encoding/json hold. null is the zero
// value.
//
// What is returned is the caller's own: no change to it reaches another
// request. Text, bools, numbers, times, and arrays and structs of nothing else
// are converted once and copied from then on, without allocating. Anything with
// a list, a map, a pointer or an interface in it is decoded at every read:
// read it once in a request, or several keys that belong together from one
// [Snapshot].
//
// [Sealed] values, such as a [Secret], are encrypted for one owner and key.
// They are left out of what [Resolver.Explain], [Resolver.History] and
// [Resolver.Export] show, and of errors. Sealed is what is stored: the default,
// Base and Forced are plain, and so is what is in memory.
//
// # Writing
//
// [Resolver.Update] makes several changes or none, for the tenant of a context
// or in global mode globally; [Resolver.Group] and [Resolver.Account] write the
// other layers. [Assignment.IfVersion] is compare-and-swap. Each write is in the
// history with its actor and reason, and [Resolver.Rollback] is a further write.
// Who may edit what is the key's [EditableBy] and the answer of Config.Editor;
// without an Editor nobody is refused here, and the caller has to ask.
// [Resolver.Schema] is what a form needs to know, [Resolver.Export] and
// [Resolver.Import] take settings elsewhere, without what is sealed.
//
// # Memory and freshness
//
// A tenant's settings are loaded whole at the first read, once however many
// ask, and kept in a bounded cache, of which an account takes a place as well.
// They are loaded again when [Resolver.Invalidate] hears of a newer change, and
// only then: subscribe it to a feed.Poller, or to what the store offers. Whoever
// writes through a Resolver reads its own write at once; what is written past
// it, by another process or in a transaction of the application's, is read when
// the feed tells of it, and without a feed never. [Key.Watch] hears what the
// Resolver hears. Whoever changes a tenant's groups has to change its number in
// the feed.
//
// A load runs in a goroutine of its own, at most for Config.LoadTimeout, on a
// connection of its own: a first read inside a transaction needs a second
// connection, so a pool must not consist of one.
package config
