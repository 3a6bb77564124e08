package engine

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// alive tells whether the process that took a lock at that time still runs. A
// process of the same number that began later is another one: numbers are
// used again, and in containers they are the same every time.
func alive(pid int, locked time.Time) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	if err := process.Signal(syscall.Signal(0)); errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return false
	}
	started, err := startOf(pid)
	if errors.Is(err, errZombie) {
		return false
	}
	// Where the start cannot be known (macOS), the process counts as the holder.
	return err != nil || started.Before(locked.Add(2*time.Second))
}

var errZombie = errors.New("the process has ended and is still known")
