package node

import (
	"strconv"
	"strings"
	"time"
)

// SnapshotFolder is where a control plane keeps snapshots of etcd. They hold
// all that the cluster stores, and are for root only.
const SnapshotFolder = "/var/lib/kubernetes-anywhere/snapshots"

// snapshotUnit takes one snapshot. It looks into the host's bundle first:
// where the config takes none any more, it does nothing.
const snapshotUnit = `[Unit]
Description=Snapshot of etcd on this control plane
NEEDS
[Service]
Type=oneshot
ExecStart=ENGINE run --rm --privileged --pid=host --net=host --volume /:/host IMAGE etcd snapshot --scheduled --to-dir FOLDER --keep KEEP
`

// snapshotTimer leaves a new control plane time to come up, and the control
// planes of a cluster take their snapshots at different moments.
const snapshotTimer = `[Unit]
Description=Regular snapshots of etcd on this control plane

[Timer]
OnActiveSec=15min
OnUnitActiveSec=EVERYs
RandomizedDelaySec=DELAYs

[Install]
WantedBy=timers.target
`

// SnapshotTimer is the unit that has snapshots of etcd taken.
const SnapshotTimer = "kubernetes-anywhere-snapshot.timer"

func (p plan) snapshots(t *tree) {
	wanted := p.bundle.Cluster.Spec.ControlPlane.Snapshots
	every := wanted.Interval()
	if every == 0 {
		return
	}
	needs := ""
	if unit := p.engineUnit(); unit != "" {
		needs = "After=" + unit + "\nRequires=" + unit + "\n"
	}
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	t.units["kubernetes-anywhere-snapshot.service"] = strings.NewReplacer(
		"NEEDS\n", needs+"\n", "ENGINE", p.engine(), "IMAGE", p.images.Bootstrap,
		"FOLDER", SnapshotFolder, "KEEP", strconv.Itoa(wanted.Kept()),
	).Replace(snapshotUnit)
	t.units[SnapshotTimer] = strings.NewReplacer("EVERY", seconds(every), "DELAY", seconds(every/10)).Replace(snapshotTimer)
	preset(t, SnapshotTimer)
}
