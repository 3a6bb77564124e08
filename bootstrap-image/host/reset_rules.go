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
	layers := r.root.layerLeftovers()
	for _, family := range []string{"iptables", "ip6tables"} {
		saved, err := r.Runner.Run(ctx, Command{Name: family + "-save"})
		if err != nil {
			r.say("  %v", err)
			continue
		}
		script := undoRules(string(saved), r.chains(), layers.IPSets)
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
		if len(fields) != 3 || !slices.Contains(nodeTables(), fields[2]) && !matches(fields[1]+" "+fields[2], layers.Tables) {
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
// --noflush takes away by it: all chains whose names begin as said, and rules
// that match the IP sets that are declared. Empty where there are none.
func undoRules(saved string, prefixes, sets []string) string {
	script, _ := undo(saved, func(chain string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(chain, prefix) })
	}, sets)
	return script
}

// undo is undoRules of the chains that are chosen, and names what goes, such as
// chain FLANNEL-FWD or rule POSTROUTING of kube-router-pod-subnets: the rules
// that lead to chains go, those that match sets, then the chains, one table in
// one step.
func undo(saved string, ours func(chain string) bool, sets []string) (script string, names []string) {
	var out strings.Builder
	var table string
	var rules, chains []string
	for line := range strings.Lines(saved) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "*"):
			table, rules, chains = line, nil, nil
		case strings.HasPrefix(line, ":"):
			if name, _, _ := strings.Cut(line[1:], " "); ours(name) {
				chains = append(chains, name)
				names = append(names, "chain "+name)
			}
		case strings.HasPrefix(line, "-A "):
			words := strings.Fields(line)
			if ours(words[1]) {
				continue // it goes with its chain
			}
			set := setOf(words, sets)
			if set != "" {
				names = append(names, "rule "+words[1]+" of "+set)
			}
			if set != "" || ours(goal(words)) {
				rules = append(rules, "-D "+strings.TrimPrefix(line, "-A "))
			}
		case line == "COMMIT" && len(chains)+len(rules) > 0:
			out.WriteString(table + "\n")
			for _, chain := range chains {
				out.WriteString(":" + chain + " - [0:0]\n") // which empties it
			}
			for _, rule := range rules {
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

// setOf is the first IP set that a rule matches, of those declared.
func setOf(words, declared []string) string {
	for i, word := range words[:len(words)-1] {
		if word == "--match-set" && matches(words[i+1], declared) {
			return words[i+1]
		}
	}
	return ""
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
