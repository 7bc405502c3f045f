// Package engines gives tests real databases.
//
//	engines.Each(t, func(t *testing.T, e engines.Engine) {
//		dsn, db := e.NewDatabase(t) // fresh, empty, dropped after the test
//		...
//		scoped, err := scope.OpenDB(e.Connector(t, dsn), policy)
//	})
//
// SQLite is always there. The servers are those of package servers: what make
// test hands over in the environment, or what answers at the usual local
// places. A test on an engine that is not there is skipped with the reason, or
// fails where the engine is required (CI=true, TENANCY_REQUIRE, a DSN given).
package engines
