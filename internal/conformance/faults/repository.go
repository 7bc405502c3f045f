package faults

import (
	"errors"
	"os"
	"path/filepath"
)

// Repository returns the root of the repository, which is some folders up.
func Repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "internal", "conformance", "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run it inside the repository")
		}
		dir = up
	}
}
