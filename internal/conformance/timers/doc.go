// Package timers holds package tenant/timer to what it promises on real
// engines: with several processes, which are this test binary started again,
// and with processes that are killed. There is nothing here but tests.
package timers
