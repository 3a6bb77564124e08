package gcptest

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// publicRange is where external addresses come from: one for documentation.
const publicRange = "203.0.113.0/24"

// address is the kind of addresses that stay.
func address() kind {
	return kind{
		api: discovery.Compute, method: "compute.addresses.insert",
		moves: keeps("project", "region"),
		rules: []rule{addressed},
		late:  []rule{refers("subnetwork", "subnetworks", true), refers("network", "networks", true), fits("address", "subnetwork")},

		link: "projects/{project}/regions/{region}/addresses/{name}",
		replace: []string{
			"address", "addressType", "description", "ipVersion", "ipv6EndpointType", "name", "network", "networkTier",
			"prefixLength", "project", "purpose", "region", "subnetwork",
		},
		outputs: func(w *world, o made) object {
			return object{"address": w.allocate(o), "users": []any{}}
		},
	}
}

// addressed wants the options of an address to fit each other.
func addressed(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	if !in.known("addressType") {
		return nil
	}
	if in.text("addressType") == "INTERNAL" {
		if !in.has("subnetwork") && !in.has("network") {
			problems = append(problems, problem("subnetwork", "an internal address is one of a subnet"))
		}
		if in.has("networkTier") {
			problems = append(problems, problem("networkTier", "only external addresses have one"))
		}
	} else {
		for _, key := range []string{"subnetwork", "purpose"} {
			if in.has(key) {
				problems = append(problems, problem(key, "only internal addresses have one"))
			}
		}
	}
	return problems
}

// fits wants an address to be of its subnet, and none of the four that Google
// keeps: the first two and the last two.
func fits(key, subnet string) rule {
	return func(w *world, in object) []targettest.Problem {
		text, given := in[key].(string)
		if !given {
			return nil
		}
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return []targettest.Problem{problem(key, "%q is no address", text)}
		}
		prefix, err := netip.ParsePrefix(w.rangeOf(in.text(subnet)))
		if err != nil {
			return nil
		}
		first := prefix.Masked().Addr()
		if !prefix.Contains(addr) || addr == first || addr == first.Next() || !prefix.Contains(addr.Next()) || !prefix.Contains(addr.Next().Next()) {
			return []targettest.Problem{problem(key, "%s is not an address of %s that can be used", addr, prefix)}
		}
		return nil
	}
}

func (w *world) rangeOf(subnet string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ranges[strings.TrimPrefix(subnet, selfLinks)]
}

// allocate gives an object the address that it asks for, or one that nobody
// has: the same in every run, as far as no two want the same.
func (w *world) allocate(o made) string {
	pool := publicRange
	if o.in.text("addressType") == "INTERNAL" {
		if pool = w.rangeOf(o.in.text("subnetwork")); pool == "" {
			pool = "10.128.0.0/20"
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.taken[pool] == nil {
		w.taken[pool] = map[string]string{}
	}
	taken := w.taken[pool]
	if wanted := o.in.text("address"); wanted != "" {
		taken[wanted] = o.id
		return wanted
	}
	prefix, hash := netip.MustParsePrefix(pool), fnv.New32a()
	fmt.Fprint(hash, o.id)
	usable := uint32(1)<<min(16, 32-prefix.Bits()) - 4
	for try := range usable {
		addr := nth(prefix, 2+(hash.Sum32()+try)%usable)
		if owner := taken[addr]; owner == "" || owner == o.id {
			taken[addr] = o.id
			return addr
		}
	}
	return ""
}

// nth is the nth address of a range, counted from 0.
func nth(prefix netip.Prefix, n uint32) string {
	b := prefix.Masked().Addr().As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += n
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String()
}
