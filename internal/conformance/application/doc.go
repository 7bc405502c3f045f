// Package application is a whole application of several customers: people who
// sign in over HTTP, pages and an API, settings, organizations and jobs, on one
// scoped pool and in one process. Its tests hold all of it together to what the
// rooms promise one by one, on every engine. There is nothing here but tests.
package application
