package panics

import "testing"

func Test_D02_Panics(t *testing.T) {
	panic("as it should")
}

func Test_D03_ComesAfter(t *testing.T) {}
