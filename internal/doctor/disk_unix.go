//go:build unix

package doctor

import "golang.org/x/sys/unix"

// FreeBytes is the room that is left to us on the disk of a path, and whether
// that is known.
func FreeBytes(path string) (uint64, bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, false
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), true
}

// Writable tells whether files can be made in a folder, without making one.
func Writable(folder string) bool { return unix.Access(folder, unix.W_OK|unix.X_OK) == nil }
