package azuretest

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Priorities that rules of users can have.
const (
	firstPriority = 100
	lastPriority  = 4096
	mostPorts     = 65535
)

// tagForm is that of a service tag: Azure's word for some addresses.
var tagForm = regexp.MustCompile(`^[A-Z][A-Za-z]+(\.[A-Za-z0-9]+)?$`)

func firewallRules(in object, p *problems) {
	names, priorities := map[string]string{}, map[string]string{}
	for path, rule := range items(in, "securityRules") {
		ruleRules(path, rule, p)
		if !open(rule, "name") {
			once(names, strings.ToLower(fmt.Sprint(get(rule, "name"))), path+".name", p)
		}
		if !open(rule, "direction") && !open(rule, "priority") {
			once(priorities, fmt.Sprint(get(rule, "direction"), get(rule, "priority")), path+".priority", p)
		}
		if n, ok := number(rule, "priority"); ok && (n < firstPriority || n > lastPriority) {
			p.add(path+".priority", "%d is not %d to %d", n, firstPriority, lastPriority)
		}
	}
}

// once refuses a second use.
func once(seen map[string]string, what, path string, p *problems) {
	if at, taken := seen[what]; taken {
		p.add(max(at, path), "%q stands at %s already", what, min(at, path))
	}
	seen[what] = path
}

func ruleRules(path string, rule any, p *problems) {
	if _, is := rule.(unknown); is {
		return
	}
	for _, side := range []string{"source", "destination"} {
		given := 0
		for _, key := range []string{side + "AddressPrefix", side + "AddressPrefixes", side + "ApplicationSecurityGroups"} {
			if !absent(rule, key) {
				given++
			}
		}
		if given != 1 {
			p.add(path+"."+side+"AddressPrefix", "exactly one of a prefix, prefixes and groups says where")
		}
		if address, ok := text(rule, side+"AddressPrefix"); ok {
			where(path+"."+side+"AddressPrefix", address, true, p)
		}
		for at, v := range items(rule, side+"AddressPrefixes") {
			if address, is := v.(string); is {
				where(path+"."+at, address, false, p)
			}
		}
		portRules(path, side, rule, p)
	}
}

// where refuses what is neither addresses nor a word of Azure's; such words
// can stand in no list.
func where(path, address string, words bool, p *problems) {
	_, asPrefix := netip.ParsePrefix(address)
	_, asAddress := netip.ParseAddr(address)
	if asPrefix == nil || asAddress == nil || words && (address == "*" || tagForm.MatchString(address)) {
		return
	}
	p.add(path, "%q is no range of addresses", address)
}

func portRules(path, side string, rule any, p *problems) {
	key := side + "PortRange"
	if absent(rule, key) == absent(rule, key+"s") {
		p.add(path+"."+key, "a rule has a range of ports, or a list of them")
	}
	ports, ok := text(rule, key)
	if !ok || ports == "*" {
		return
	}
	bounds := []int{}
	for _, bound := range strings.SplitN(ports, "-", 2) {
		n, err := strconv.Atoi(bound)
		if err != nil || n < 0 || n > mostPorts {
			p.add(path+"."+key, "%q is no range of ports", ports)
			return
		}
		bounds = append(bounds, n)
	}
	if !slices.IsSorted(bounds) {
		p.add(path+"."+key, "%q ends before it begins", ports)
	}
}
