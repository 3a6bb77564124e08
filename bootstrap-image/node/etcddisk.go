package node

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

const (
	// EtcdData is the folder of etcd's data, where a disk of its own is mounted
	// if there is one.
	EtcdData = etcdData
	// EtcdMount is the unit that mounts it; systemd wants this very name.
	EtcdMount = "var-lib-etcd.mount"
)

// etcdMount mounts etcd's own disk. Nothing on it is a program or a device.
// Where the disk was made larger, its file system follows when it is mounted.
const etcdMount = `[Unit]
Description=etcd's data, on a disk of its own
Wants=systemd-growfs@var-lib-etcd.service

[Mount]
What=DEVICE
Where=/var/lib/etcd
Type=ext4
Options=noatime,nodev,noexec,nosuid
`

// etcdDisk adds the mount of etcd's disk; the kubelet does not start without.
func (p plan) etcdDisk(t *tree) {
	if p.self.EtcdDevice != "" {
		t.units[EtcdMount] = strings.ReplaceAll(etcdMount, "DEVICE", p.self.EtcdDevice)
	}
}

// EtcdDiskID is the id that the file system of a member's disk has. It tells a
// disk with that member's data from every other: another member's, another
// cluster's, a former one's of the same name.
func EtcdDiskID(b Bundle, member string) string {
	sum := sha256.Sum256([]byte(b.Credentials.EtcdCA.Certificate + "\x00" + member))
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // a UUID of version 8: made by a rule of one's own
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
