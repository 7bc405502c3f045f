// Package sessions holds the tests of tenant.SessionBinding against
// github.com/alexedwards/scs, over HTTP as a browser and as a thief speak it.
package sessions
