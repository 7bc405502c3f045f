// Package routers shows tenant.Middleware under the routers that Go programs
// use: chi, echo, gin and net/http's own.
package routers
