// Package config reads settings that each tenant may have its own value of,
// with a global value and a default behind it.
//
// It takes the place of global settings, key by key. Where the application
// read a variable, it now asks with the request's context:
//
//	size := config.Get(ctx, "page.size", 20)
//
// The answer is the tenant's own value, else the global one, else 20. Wire it
// once: make a [Resolver] over a [Store], and give it to every request with
// [NewContext], from the Extend of tenant.Middleware. Settings that deserve a
// type, a default in one place and rules are declared:
//
//	var Signup = config.Declare("signup.open", true, config.Closed(false))
//	...
//	if Signup.Get(ctx) {
//
// # Layers
//
// Lowest first: the default of the call, the default of the declaration, the
// base values of [Config], the global settings in the store, those of the
// tenant. What counts is whether a layer has a value, not what it is: a stored
// false, 0, "" or null hides the layers below.
//
// A key is PerTenant or Shared, by itself, by its [tenant.Module] or by its
// namespace. A shared key has no tenant layer: a tenant can not write it, and
// a row that got into the store in another way is not read.
//
// # What comes back where nothing is certain
//
// [Get] and [Key.Get] never fail. [Lookup] and [Key.Lookup] do, and say why. In
// the modes of a context (see package tenant):
//
//	mode           Lookup                            Get
//	none           tenant.ErrNoTenant                the closed value, else the default
//	tenant         tenant over global                the same
//	global         global                            the same
//	across         tenant.ErrSeveralTenants, but a   the closed value, else the default;
//	               shared key's global value         a shared key's global value
//	built wrongly  what tenant.Err says              the closed value, else the default
//
// The default is the caller's in Get and the declared one in Key.Get. The same
// is answered where the store fails and nothing is known from earlier, and
// where the value is not of the type asked for. Each such answer is counted in
// [Resolver.Stats].
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
// read it once in a request.
//
// # Memory and freshness
//
// A tenant's settings are loaded whole at the first read, once however many
// ask, and kept in a bounded cache. They are loaded again when
// [Resolver.Invalidate] hears of a newer change; subscribe it to a feed.Poller.
// Whoever writes through a Resolver reads its own write at once. While the
// store is down, what was known last is served, and Lookup says so.
//
// A load runs in a goroutine of its own, at most for Config.LoadTimeout, on a
// connection of its own: a first read inside a transaction needs a second
// connection, so a pool must not consist of one.
package config
