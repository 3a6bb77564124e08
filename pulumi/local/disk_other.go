//go:build !unix

package local

// freeBytes is not known: Docker's disk is in a machine of its own.
func freeBytes(string) (uint64, bool) { return 0, false }
