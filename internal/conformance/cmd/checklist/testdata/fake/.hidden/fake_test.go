package hidden

import "testing"

func Test_A14_Hidden(t *testing.T) {}
