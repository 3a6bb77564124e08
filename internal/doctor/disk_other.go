//go:build !unix

package doctor

// FreeBytes is not known here.
func FreeBytes(string) (uint64, bool) { return 0, false }

// Writable takes a folder to be ours: it is one of the user's home.
func Writable(string) bool { return true }
