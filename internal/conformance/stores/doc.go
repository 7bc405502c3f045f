// Package stores runs the published suites of the SQL stores on every engine,
// and what only a real engine can show: concurrent migrations, locks, and the
// order of change numbers.
package stores
