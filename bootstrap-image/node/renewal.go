package node

import "strings"

// renewUnit runs the bootstrap again with what the host keeps of its bundle.
const renewUnit = `[Unit]
Description=Renew the certificates of the Kubernetes control plane
NEEDS
[Service]
Type=oneshot
ExecStart=ENGINE run --rm --privileged --pid=host --net=host --volume /:/host IMAGE renew
`

// renewTimer looks once a day, at another minute on each host, so that the
// control planes of a cluster do not restart a component together.
const renewTimer = `[Unit]
Description=Daily look at the certificates of the Kubernetes control plane

[Timer]
OnCalendar=daily
RandomizedDelaySec=12h
Persistent=true

[Install]
WantedBy=timers.target
`

// RenewTimer is the unit that renews certificates long before they end. Only
// control planes have leafs that no kubelet renews.
const RenewTimer = "kubernetes-anywhere-renew.timer"

func (p plan) renewal(t *tree) {
	needs := ""
	if unit := p.engineUnit(); unit != "" {
		needs = "After=" + unit + "\nRequires=" + unit + "\n"
	}
	t.units["kubernetes-anywhere-renew.service"] = strings.NewReplacer(
		"NEEDS\n", needs+"\n", "ENGINE", p.engine(), "IMAGE", p.images.Bootstrap,
	).Replace(renewUnit)
	t.units[RenewTimer] = renewTimer
	preset(t, RenewTimer)
}
