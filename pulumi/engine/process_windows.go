package engine

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
)

// stopping says how to stop a process: Windows has no command that does what
// Ctrl-C does.
func stopping(int) string { return "stop it by Ctrl-C where it runs" }

// stillActive is the exit code of a process that runs (STILL_ACTIVE).
const stillActive = 259

// startOf asks Windows when a process began.
func startOf(pid int) (time.Time, error) {
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return time.Time{}, fmt.Errorf("opening process %d: %w", pid, err)
	}
	defer windows.CloseHandle(process)
	var code uint32
	if err := windows.GetExitCodeProcess(process, &code); err != nil {
		return time.Time{}, fmt.Errorf("asking for the end of process %d: %w", pid, err)
	}
	if code != stillActive {
		return time.Time{}, errZombie
	}
	var began, ended, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &began, &ended, &kernel, &user); err != nil {
		return time.Time{}, fmt.Errorf("asking for the start of process %d: %w", pid, err)
	}
	return time.Unix(0, began.Nanoseconds()), nil
}
