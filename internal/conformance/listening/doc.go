// Package listening holds package feedpgx to its word on a real server: what is
// committed is heard at once, and nothing is lost when connections are killed
// or silent, the server restarts, a pooler stands between, or the trigger is
// missing.
package listening
