// Package pools proves that tenants stay apart where many goroutines share a
// few connections and things go wrong: contexts end in the middle of a
// statement, connections are killed and cut, servers restart, and PgBouncer
// gives each transaction another server connection.
//
// Each answer is compared with the rows of its tenant while the run lasts, and
// each write is an attempt with a number of its own. At the end the attempts
// are reconciled with the tables: what was told to be committed is there once,
// what was not is not there, and what nobody could tell is there at most once.
//
// TENANCY_POOL_READS is how many reads TestReads makes in all, by default
// 15,000. The bar for a release is a million:
//
//	TENANCY_POOL_READS=1000000 go test -run TestReads -v -timeout 1h ./pools
package pools
