package local

import (
	"bufio"
	"bytes"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// capabilityNames in the order of their numbers, as linux/capability.h has
// them.
const capabilityNames = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE " +
	"NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE " +
	"SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL " +
	"SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"

// missingCapabilities are those that the bounding set lacks of what the kernel
// has. It is empty when nothing can be read.
func missingCapabilities(status, last []byte) []string {
	highest, err := strconv.Atoi(strings.TrimSpace(string(last)))
	if err != nil {
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		text, found := strings.CutPrefix(lines.Text(), "CapBnd:")
		if !found {
			continue
		}
		set, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
		if err != nil {
			return nil
		}
		var missing []string
		for number, name := range strings.Fields(capabilityNames) {
			if number <= highest && set&(1<<number) == 0 {
				missing = append(missing, name)
			}
		}
		return missing
	}
	return nil
}

// privilege gives a host what a machine may do. Where some capability cannot
// be had, --privileged would ask for it and fail; then the host gets, one by
// one, everything else that --privileged stands for.
func privilege(host *container.HostConfig, missing []string) {
	if len(missing) == 0 {
		host.Privileged = true
		return
	}
	// ALL is what this daemon knows, which may be less than the kernel does.
	host.CapAdd = []string{"ALL"}
	host.CapDrop = missing
	host.SecurityOpt = []string{"seccomp=unconfined", "apparmor=unconfined"}
	// Empty but not nil: this is what the command's systempaths=unconfined is.
	host.MaskedPaths = []string{}
	host.ReadonlyPaths = []string{}
	host.DeviceCgroupRules = []string{"a *:* rwm"}
}
