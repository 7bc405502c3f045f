// Package settings holds package config to what it promises on real engines,
// with configsql and the feed: what one process writes another one reads, no
// read goes back in time or to another tenant, and an engine that is down takes
// away no more than what was never known. There is nothing here but tests.
package settings
