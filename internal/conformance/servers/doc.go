// Package servers finds the database servers that the tests run on. Where there
// is none it starts a private one from installed binaries, and where it may it
// installs them.
//
// The environment decides:
//
//	TENANCY_POSTGRES_DSN, TENANCY_MYSQL_DSN   the server to use; its account must
//	                                          be allowed to create databases.
//	                                          "off" leaves the engine out.
//	TENANCY_REQUIRE=postgres,mysql            these must not be left out
//	TENANCY_INSTALL=1                         what is missing may be installed
//	CI=true                                   all of them are required, and may
//	                                          be installed
//
// Nothing that exists on a server is read or changed: every database that is
// used was created for the purpose under a fresh name and is dropped again. A
// private server keeps its data in a temporary folder, listens on a Unix socket
// in that folder and nowhere else, and is stopped at the end.
package servers
