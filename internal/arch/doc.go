// Package arch holds the shape of this repository: which package may import
// which, what the root module requires, what must be documented. [Check] reads
// the source tree and returns whatever breaks a rule; its test runs it on this
// repository, and each rule on a small tree that breaks it.
//
// The rules are the tables at the top of each file. A change of the design is
// a change there.
package arch
