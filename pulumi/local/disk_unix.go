//go:build unix

package local

import "golang.org/x/sys/unix"

// freeBytes is the room that is left on the disk of a path.
func freeBytes(path string) (uint64, bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return 0, false
	}
	return stat.Bavail * uint64(stat.Bsize), true
}
