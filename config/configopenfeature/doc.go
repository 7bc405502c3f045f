// Package configopenfeature evaluates feature flags of OpenFeature from the
// settings of package config. It is a module of its own, so that only those who
// use OpenFeature depend on it.
//
//	err := openfeature.SetProviderAndWait(configopenfeature.New(resolver))
//	...
//	client := openfeature.NewDefaultClient()
//	if client.Boolean(ctx, "signup.open", false, openfeature.EvaluationContext{}) {
//
// A flag is a setting of that name, declared or not. It is for code that knows
// OpenFeature already, and costs more than a config.Key.
//
// # The tenant
//
// The tenant is the one of ctx, and nothing else says who it is: no targeting
// key and no attribute of the invocation, the client, the transaction or the
// API, whatever it is called. OpenFeature lets an attribute of an invocation
// replace the transaction's, and attributes are often filled from requests; a
// provider that took the tenant from there would let a request read another
// tenant's settings. No attribute is looked at at all: who a flag is on for is
// said by writing the setting for a tenant, a group or an account.
//
// # What is answered
//
//	setting                            reason            variant
//	of a tenant, an account, a group   TARGETING_MATCH   tenant, account, group
//	global, or the installation's      STATIC            global, base
//	the default of the declaration     DEFAULT           default
//	any, of an earlier time, while     STALE             as above
//	the store can not be asked
//
// Metadata has version (int64), forced (bool), stale (bool) and age_seconds
// (float64), as in config.Info.
//
//	error                              code
//	no layer has a value               FLAG_NOT_FOUND
//	no tenant, or several              INVALID_CONTEXT
//	a value of another type            TYPE_MISMATCH
//	a value that a rule refuses        PARSE_ERROR
//	no Resolver                        PROVIDER_NOT_READY
//	the store fails, and all else      GENERAL
//
// It is not TARGETING_KEY_MISSING that is said without a tenant: a targeting key
// would not help.
//
// With an error the SDK answers with the default of the call, and never with
// what the provider has. So the closed value of a declaration does not count
// here, and the default of the call has to be the closed one: false for
// "signup.open" above.
//
// Booleans, text, integers and floats are taken strictly, as in package config:
// "true" is no bool, 30.0 is the integer 30, and 30.5 is none. An object is a
// JSON object or array, a map[string]any or []any with float64 for numbers. A
// stored null is false, "", 0 or nil.
//
// A sealed setting is not found: hooks send values to telemetry.
//
// The module keeps to the newest SDK that Go 1.25 compiles, 1.18; it works with
// later ones, which an application may require.
package configopenfeature
