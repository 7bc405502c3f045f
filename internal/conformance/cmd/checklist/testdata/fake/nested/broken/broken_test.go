package broken

import "testing"

func Test_D04_DoesNotBuild(t *testing.T) { thereIsNoSuchFunction() }
