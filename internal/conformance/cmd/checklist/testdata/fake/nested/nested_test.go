package nested

import "testing"

func Test_D01_Nested(t *testing.T) {}
