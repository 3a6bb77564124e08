package host

import (
	"context"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// removeRules removes firewall rules with the tools of this image, which is on
// the host's network. What cannot be removed is said: the next start of the
// machine removes it.
func (r *reset) removeRules(ctx context.Context) {
	for _, family := range []string{"iptables", "ip6tables"} {
		saved, err := r.Runner.Run(ctx, Command{Name: family + "-save"})
		if err != nil {
			r.say("  %v", err)
			continue
		}
		script := undoRules(string(saved), r.chains())
		if script == "" {
			continue
		}
		if _, err := r.Runner.Run(ctx, Command{Name: family + "-restore", Args: []string{"--noflush"}, Stdin: strings.NewReader(script)}); err != nil {
			r.say("  %v", err)
		}
	}
	tables, err := r.Runner.Run(ctx, Command{Name: "nft", Args: []string{"list", "tables"}})
	if err != nil {
		r.say("  %v", err)
		return
	}
	for line := range strings.Lines(string(tables)) {
		fields := strings.Fields(line) // table FAMILY NAME
		if len(fields) != 3 || !slices.Contains(nodeTables(), fields[2]) {
			continue
		}
		if _, err := r.Runner.Run(ctx, Command{Name: "nft", Args: []string{"delete", "table", fields[1], fields[2]}}); err != nil {
			r.say("  %v", err)
		}
	}
}

// nodeTables are those of kube-proxy, flannel and ours.
func nodeTables() []string {
	return []string{"kube-proxy", "flannel-ipv4", "flannel-ipv6", "kubernetes-anywhere"}
}

// chains are how the names of our chains begin. Podman may have some of the
// CNI plugins' own.
func (r *reset) chains() []string {
	out := append([]string{"KUBE-", "FLANNEL-", "ANTREA-"}, r.root.layerChains()...)
	if r.plan.rec.Engine != node.Podman {
		out = append(out, "CNI-HOSTPORT-", "CNI-DN-")
	}
	return out
}

// undoRules turns what iptables-save printed into what iptables-restore
// --noflush takes away by it, of all chains whose names begin as said. Empty
// where there are none.
func undoRules(saved string, prefixes []string) string {
	script, _ := undo(saved, func(chain string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(chain, prefix) })
	})
	return script
}

// undo is undoRules of the chains that are chosen, and names them: the rules
// that lead to them go, then the chains, one table in one step.
func undo(saved string, ours func(chain string) bool) (script string, names []string) {
	var out strings.Builder
	var table string
	var leads, chains []string
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "*"):
			table, leads, chains = line, nil, nil
		case strings.HasPrefix(line, ":"):
			if name, _, _ := strings.Cut(line[1:], " "); ours(name) {
				chains = append(chains, name)
			}
		case strings.HasPrefix(line, "-A "):
			if words := strings.Fields(line); ours(goal(words)) && !ours(words[1]) {
				leads = append(leads, "-D "+strings.TrimPrefix(line, "-A "))
			}
		case line == "COMMIT" && len(chains) > 0:
			names = append(names, chains...)
			out.WriteString(table + "\n")
			for _, chain := range chains {
				out.WriteString(":" + chain + " - [0:0]\n") // which empties it
			}
			for _, rule := range leads {
				out.WriteString(rule + "\n")
			}
			for _, chain := range chains {
				out.WriteString("-X " + chain + "\n")
			}
			out.WriteString("COMMIT\n")
		}
	}
	return out.String(), names
}

// goal is where a rule leads. It stands behind what a comment may say.
func goal(words []string) string {
	for i := len(words) - 2; i > 0; i-- {
		if words[i] == "-j" || words[i] == "-g" {
			return words[i+1]
		}
	}
	return ""
}
