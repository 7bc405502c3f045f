//go:build never

package fake

import "testing"

func Test_A13_NotBuilt(t *testing.T) {}
