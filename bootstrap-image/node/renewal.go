package node

import (
	"fmt"
	"slices"
	"strings"
)

// renewUnit runs the bootstrap again with what the host keeps of its bundle.
const renewUnit = `[Unit]
Description=Renew the certificates of the Kubernetes control plane
NEEDS
[Service]
Type=oneshot
ExecStart=ENGINE run --rm --privileged --pid=host --net=host --volume /:/host IMAGE renew
`

// renewTimer looks once a day, and at once on a host that was off when it was
// due: its certificates may have ended meanwhile. For that there is no random
// delay, to which such a look would be subject as well (systemd.timer(5)).
const renewTimer = `[Unit]
Description=Daily look at the certificates of the Kubernetes control plane

[Timer]
OnCalendar=*-*-* WHEN:00
Persistent=true

[Install]
WantedBy=timers.target
`

// RenewTimer is the unit that renews certificates long before they end. Only
// control planes have leafs that no kubelet renews.
const RenewTimer = "kubernetes-anywhere-renew.timer"

// renewAt is the time of day of the look. The control planes of a cluster share
// the day between them, so that they do not restart a component together.
func (p plan) renewAt() string {
	members := p.bundle.ControlPlanes
	at := slices.IndexFunc(members, func(m Member) bool { return m.Name == p.self.Name })
	minutes := 24 * 60 * max(at, 0) / max(len(members), 1)
	return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
}

func (p plan) renewal(t *tree) {
	needs := ""
	if unit := p.engineUnit(); unit != "" {
		needs = "After=" + unit + "\nRequires=" + unit + "\n"
	}
	t.units["kubernetes-anywhere-renew.service"] = strings.NewReplacer(
		"NEEDS\n", needs+"\n", "ENGINE", p.engine(), "IMAGE", p.images.Bootstrap,
	).Replace(renewUnit)
	t.units[RenewTimer] = strings.ReplaceAll(renewTimer, "WHEN", p.renewAt())
	preset(t, RenewTimer)
}
