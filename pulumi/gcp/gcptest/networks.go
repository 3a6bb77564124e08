package gcptest

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// networks are the kinds of network.go and firewall.go of the program.
func networks() map[string]kind {
	return map[string]kind{
		"gcp:compute/firewall:Firewall": firewall(),
		"gcp:compute/network:Network": {
			api: discovery.Compute, method: "compute.networks.insert",
			moves: append(keeps("project", "deleteDefaultRoutesOnCreate"), move{from: "routingMode", to: "routingConfig.routingMode"}),
			rules: []rule{bounds("mtu", 1300, 8896)},

			link:    "projects/{project}/global/networks/{name}",
			replace: []string{"autoCreateSubnetworks", "description", "internalIpv6Range", "name", "project"},
			outputs: func(_ *world, o made) object { return object{"numericId": number(o.id), "routingMode": "REGIONAL"} },
		},
		"gcp:compute/subnetwork:Subnetwork": {
			api: discovery.Compute, method: "compute.subnetworks.insert",
			moves: keeps("project", "region", "sendSecondaryIpRangeIfEmpty"),
			rules: []rule{required("network", "ipCidrRange"), cidrs("ipCidrRange"), subnetSize},
			late:  []rule{refers("network", "networks", true), apart},

			link:    "projects/{project}/regions/{region}/subnetworks/{name}",
			replace: []string{"description", "externalIpv6Prefix", "name", "network", "project", "region"},
			outputs: func(_ *world, o made) object {
				out := object{"fingerprint": digest(o.id)[:11] + "=", "purpose": "PRIVATE", "stackType": "IPV4_ONLY"}
				if prefix, err := netip.ParsePrefix(o.in.text("ipCidrRange")); err == nil {
					out["gatewayAddress"] = prefix.Masked().Addr().Next().String()
				}
				return out
			},
		},
		"gcp:compute/router:Router": {
			api: discovery.Compute, method: "compute.routers.insert",
			moves: keeps("project", "region"),
			rules: []rule{required("network", "name")},
			late:  []rule{refers("network", "networks", true)},

			link:    "projects/{project}/regions/{region}/routers/{name}",
			replace: []string{"encryptedInterconnectRouter", "name", "network", "project", "region"},
		},
		"gcp:compute/routerNat:RouterNat": {
			api: discovery.Compute, method: "compute.routers.patch",
			moves: append(append(keeps("project", "region", "router"), move{from: "subnetworks[].sourceIpRangesToNats", to: "nats[0].subnetworks[].sourceIpRangesToNat"}), within("nats[0]", "name", "natIpAllocateOption", "sourceSubnetworkIpRangesToNat", "subnetworks", "logConfig", "natIps", "drainNatIps", "minPortsPerVm", "maxPortsPerVm", "enableDynamicPortAllocation", "enableEndpointIndependentMapping", "endpointTypes", "autoNetworkTier", "icmpIdleTimeoutSec", "tcpEstablishedIdleTimeoutSec", "tcpTimeWaitTimeoutSec", "tcpTransitoryIdleTimeoutSec", "udpIdleTimeoutSec", "type")...),
			rules: []rule{required("router", "sourceSubnetworkIpRangesToNat"), natted},
			late:  []rule{refers("router", "routers", true), refers("subnetworks[].name", "subnetworks", true)},

			link:    "{project}/{region}/{router}/{name}",
			replace: []string{"endpointTypes", "name", "project", "region", "router", "type"},
		},
	}
}

// firewall is the kind of firewall rules.
func firewall() kind {
	return kind{
		api: discovery.Compute, method: "compute.firewalls.insert",
		moves: append(keeps("project", "enableLogging"),
			move{from: "allows[]", to: "allowed[]"}, move{from: "denies[]", to: "denied[]"},
			move{from: "allows[].protocol", to: "allowed[].IPProtocol"},
			move{from: "denies[].protocol", to: "denied[].IPProtocol"}),
		rules: []rule{required("network"), oneOf("allows", "denies"), cidrs("sourceRanges"), cidrs("destinationRanges"), bounds("priority", 0, 65535), ports, sources},
		late:  []rule{refers("network", "networks", true), accounts},

		link:    "projects/{project}/global/firewalls/{name}",
		replace: []string{"direction", "name", "project"},
		// The provider would patch it, and Google refuse.
		immutable: []string{"network"},
	}
}

// within moves inputs as they are to another place.
func within(place string, names ...string) []move {
	var all []move
	for _, name := range names {
		all = append(all, move{from: name, to: place + "." + name})
	}
	return all
}

// subnetSize wants a range of the sizes that a subnet can have.
func subnetSize(_ *world, in object) []targettest.Problem {
	prefix, err := netip.ParsePrefix(in.text("ipCidrRange"))
	if err == nil && (prefix.Bits() < 4 || prefix.Bits() > 29) {
		return []targettest.Problem{problem("ipCidrRange", "%s: the primary range of a subnet is /4 to /29", prefix)}
	}
	return nil
}

// apart wants a range that no other subnet of the network overlaps, and
// remembers it.
func apart(w *world, in object) []targettest.Problem {
	prefix, err := netip.ParsePrefix(in.text("ipCidrRange"))
	if err != nil {
		return nil
	}
	link := fmt.Sprintf("projects/%s/regions/%s/subnetworks/%s", in.text("project"), in.text("region"), in.text("name"))
	for _, o := range w.cloud.Objects() {
		other := plain(o.Inputs)
		if o.Type != "gcp:compute/subnetwork:Subnetwork" || o.ID == link || last(other.text("network")) != last(in.text("network")) {
			continue
		}
		if theirs, err := netip.ParsePrefix(other.text("ipCidrRange")); err == nil && theirs.Overlaps(prefix) {
			return []targettest.Problem{problem("ipCidrRange", "%s overlaps %s of subnet %q in the same network", prefix, theirs, other.text("name"))}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ranges[link] = prefix.String()
	return nil
}

// natted wants the options of a NAT to fit each other.
func natted(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	if listed := in.text("sourceSubnetworkIpRangesToNat") == "LIST_OF_SUBNETWORKS"; in.known("sourceSubnetworkIpRangesToNat") && listed != in.has("subnetworks") {
		problems = append(problems, problem("subnetworks", "they are listed exactly where sourceSubnetworkIpRangesToNat is LIST_OF_SUBNETWORKS"))
	}
	if manual := in.text("natIpAllocateOption") == "MANUAL_ONLY"; in.known("natIpAllocateOption") && manual != in.has("natIps") {
		problems = append(problems, problem("natIps", "they are listed exactly where natIpAllocateOption is MANUAL_ONLY"))
	}
	if n, known := in.number("minPortsPerVm"); known && in["enableDynamicPortAllocation"] == true && int(n)&(int(n)-1) != 0 {
		problems = append(problems, problem("minPortsPerVm", "%v is no power of two, as dynamic allocation wants", n))
	}
	return problems
}

// ports wants ports in the form N or N-M, with protocols that have ports.
func ports(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	for _, key := range []string{"allows", "denies"} {
		for i, allow := range in.objects(key) {
			protocol := allow.text("protocol")
			if !allow.has("protocol") {
				problems = append(problems, problem(fmt.Sprintf("%s[%d].protocol", key, i), "is required"))
			}
			for j, text := range allow.texts("ports") {
				at := fmt.Sprintf("%s[%d].ports[%d]", key, i, j)
				if !slices.Contains([]string{"tcp", "udp", "sctp", ""}, protocol) {
					problems = append(problems, problem(at, "protocol %s has no ports", protocol))
				} else if !portRange(text) {
					problems = append(problems, problem(at, "%q is no port and no range of ports", text))
				}
			}
		}
	}
	return problems
}

func portRange(text string) bool {
	from, to, ranged := strings.Cut(text, "-")
	first, err := strconv.Atoi(from)
	if err != nil || first < 0 || first > 65535 {
		return false
	}
	last, err := strconv.Atoi(to)
	return !ranged || (err == nil && first <= last && last <= 65535)
}

// sources wants a rule to say whom it lets in by one kind of sign: without any
// it would let in everybody, and tags do not go with service accounts.
func sources(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	ingress := in.text("direction") != "EGRESS"
	if ingress && !in.has("sourceRanges") && !in.has("sourceTags") && !in.has("sourceServiceAccounts") {
		problems = append(problems, problem("sourceRanges", "a rule without a source lets in every address: write 0.0.0.0/0 where that is meant"))
	}
	if ingress && in.has("destinationRanges") && !in.has("sourceRanges") {
		problems = append(problems, problem("destinationRanges", "they go with sourceRanges only"))
	}
	tags, byAccount := in.has("sourceTags") || in.has("targetTags"), in.has("sourceServiceAccounts") || in.has("targetServiceAccounts")
	if tags && byAccount {
		problems = append(problems, problem("targetTags", "tags and service accounts cannot be used in one rule"))
	}
	for _, key := range []string{"sourceServiceAccounts", "targetServiceAccounts"} {
		if n := len(in.texts(key)); n > 10 {
			problems = append(problems, problem(key, "%d service accounts are over the limit of 10", n))
		}
	}
	return problems
}

// accounts wants the service accounts of a rule to exist.
func accounts(w *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	for _, key := range []string{"sourceServiceAccounts", "targetServiceAccounts"} {
		for i, email := range in.texts(key) {
			if !w.account(email) {
				problems = append(problems, problem(fmt.Sprintf("%s[%d]", key, i), "service account %q does not exist", email))
			}
		}
	}
	return problems
}

func last(link string) string { return link[strings.LastIndex(link, "/")+1:] }

// number is an id as Google gives them, the same for the same link.
func number(link string) string {
	n, _ := strconv.ParseUint(digest(link)[:15], 16, 64)
	return strconv.FormatUint(n%9_000_000_000_000_000_000+1_000_000_000_000_000_000, 10)
}
