package baremetal

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"k8s.io/apimachinery/pkg/util/validation"
)

// mostParallel is how many resources the engine works on at once.
const mostParallel = 32

// fingerprintForm is a SHA-256 in base64 without padding, as ssh-keygen -l
// writes it.
var fingerprintForm = regexp.MustCompile(`^SHA256:[A-Za-z0-9+/]{43}$`)

// userForm is a name that can stand in front of an @.
var userForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)

// findings collects problems of the block.
type findings []config.FieldProblem

func (f *findings) add(path, fix, format string, args ...any) {
	*f = append(*f, config.FieldProblem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Validate tells all that is wrong with the block.
func (b *Block) Validate(cluster *config.Cluster) []config.FieldProblem {
	f := &findings{}
	f.login("", b.Login)
	f.jump("jump", b.Jump)
	if b.Parallel < 1 || b.Parallel > mostParallel {
		f.add("parallel", fmt.Sprintf("write 1 to %d", mostParallel), "%d workers at a time cannot be", b.Parallel)
	}
	if b.Endpoint != "" && !isIPv4(b.Endpoint) && !isName(b.Endpoint) {
		f.add("endpoint", `write a DNS name or an IPv4 address, without port, such as "api.example.com"`, "%q is no DNS name and no IPv4 address", b.Endpoint)
	}
	for i, h := range b.Hosts {
		f.host(fmt.Sprintf("hosts[%d]", i), h, b, cluster)
	}
	f.twice(cluster)
	f.counts(cluster)
	for _, field := range cluster.OfMachines() {
		f.add("", "remove "+field, "%s is set, and hosts of this target are machines that exist", field)
	}
	return *f
}

// host checks one host by itself.
func (f *findings) host(path string, h Host, b *Block, cluster *config.Cluster) {
	f.login(path, h.Login)
	f.jump(path+".jump", h.Jump)
	f.address(path+".address", h.Address)
	if login := h.or(b.Login); login.Key == "" && !login.Agent {
		f.add(path, `write "key" with the path of a private key, or "agent": true, here or for all hosts beside "hosts"`, "there is no key to log in to %s with", h.Address)
	}
	if jump := b.reach(h).Jump; jump != nil && jump.Key == "" && !jump.Agent {
		f.add(path, `write "key" or "agent": true into the jump host`, "there is no key to log in to the jump host %s with", jump.Address)
	}
	f.fingerprint(path+".fingerprint", h.Fingerprint)
	if h.Name != "" && len(validation.IsDNS1123Label(h.Name)) > 0 {
		f.add(path+".name", "write lower-case letters, digits and hyphens, 63 at most", "%q can be no node's name: it is no DNS label", h.Name)
	}
	if h.Name != "" && h.role() == node.ControlPlane {
		f.add(path+".name", "remove the name", "control planes are called by their order: %s, …", target.ControlPlaneName(cluster.Metadata.Name, 1))
	}
	f.role(path, h, cluster)
	f.nodeAddress(path, h, cluster)
}

func (f *findings) role(path string, h Host, cluster *config.Cluster) {
	switch role := h.role(); {
	case role == "":
		f.add(path, fmt.Sprintf(`write "role": %q or %q`, node.ControlPlane, node.Worker), "nothing says what %s is for", h.Address)
	case role != node.ControlPlane && role != node.Worker:
		f.add(path+".role", fmt.Sprintf("write %q or %q", node.ControlPlane, node.Worker), "%q is no role of hosts%s", role, config.Meant(role, []string{node.ControlPlane, node.Worker}))
	case role == node.ControlPlane && h.Pool != "":
		f.add(path+".pool", "remove the pool, or the role", "a control plane is in no pool")
	case role == node.Worker && h.pool(cluster) == "":
		f.add(path, "write the name of its pool: one of "+poolNames(cluster), "nothing says which pool %s is of", h.Address)
	case role == node.Worker && !slices.ContainsFunc(cluster.Spec.Pools, func(p config.Pool) bool { return p.Name == h.pool(cluster) }):
		f.add(path+".pool", "write one of "+poolNames(cluster)+", or add the pool to spec.pools", "spec.pools has no pool %q%s", h.Pool, config.Meant(h.Pool, poolList(cluster)))
	}
}

// nodeAddress checks the address that other nodes reach the host by.
func (f *findings) nodeAddress(path string, h Host, cluster *config.Cluster) {
	network, err := netip.ParsePrefix(config.First(cluster.Spec.Network.NodeCIDR))
	switch {
	case err != nil: // the network's own checks say so
	case h.NodeAddress != "" && !isIPv4(h.NodeAddress):
		f.add(path+".nodeAddress", "write the IPv4 address that the host has in spec.network.nodeCIDR", "%q is no IPv4 address", h.NodeAddress)
	case h.NodeAddress != "" && !network.Contains(netip.MustParseAddr(h.NodeAddress)):
		f.add(path+".nodeAddress", "write its address there, or the range that holds it into spec.network.nodeCIDR", "%s is not in spec.network.nodeCIDR %s", h.NodeAddress, network)
	case h.NodeAddress != "":
	case isIPv4(h.Address) && !network.Contains(netip.MustParseAddr(h.Address)):
		f.add(path+".address", fmt.Sprintf(`write "nodeAddress" with the host's address there, or the range that holds %s into spec.network.nodeCIDR`, h.Address),
			"%s is not in spec.network.nodeCIDR %s", h.Address, network)
	case !isIPv4(h.Address) && h.role() == node.ControlPlane:
		f.add(path, `write "nodeAddress" with its address in spec.network.nodeCIDR`, "other control planes reach %s by an address, and it has a name only", h.Address)
	}
}

func (f *findings) login(path string, l Login) {
	at := func(field string) string { return strings.TrimPrefix(path+"."+field, ".") }
	if l.Port < 0 || l.Port > 65535 {
		f.add(at("port"), "write a port from 1 to 65535, such as 22", "%d is no port", l.Port)
	}
	if l.User != "" && !userForm.MatchString(l.User) {
		f.add(at("user"), `write the name of a user, such as "root"`, "%q can be no user's name", l.User)
	}
}

func (f *findings) jump(path string, j *Jump) {
	if j == nil {
		return
	}
	f.login(path, j.Login)
	f.address(path+".address", j.Address)
	f.fingerprint(path+".fingerprint", j.Fingerprint)
}

func (f *findings) address(path, address string) {
	parsed, err := netip.ParseAddr(address)
	switch {
	case address == "": // a required field, of which the reader says so
	case err == nil && parsed.Is6():
		f.add(path, "write its IPv4 address", "%s is an IPv6 address, and clusters are IPv4 for now", address)
	case err != nil && !isName(address):
		f.add(path, `write an address or a name alone; user and port are fields of their own`, "%q is no IPv4 address and no DNS name", address)
	}
}

func (f *findings) fingerprint(path, text string) {
	if text != "" && !fingerprintForm.MatchString(text) {
		f.add(path, "write SHA256: and 43 characters, as 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub' says on the host", "%q is no fingerprint of a host's key", text)
	}
}

// twice finds what two hosts cannot both have.
func (f *findings) twice(cluster *config.Cluster) {
	names, places, addresses := map[string]int{}, map[string]int{}, map[string]int{}
	for _, m := range machines(cluster) {
		path := fmt.Sprintf("hosts[%d]", m.at)
		check := func(seen map[string]int, value, field, what string) {
			if other, taken := seen[value]; taken && value != "" {
				f.add(path+field, "write another one, or remove one of the two", "%s %s is that of hosts[%d] already", what, value, other)
			}
			seen[value] = m.at
		}
		check(names, m.name, ".name", "the node name")
		check(places, m.reach.hostPort()+via(m.reach), ".address", "the address")
		check(addresses, m.address, ".nodeAddress", "the node address")
		if len(m.name) > validation.DNS1123LabelMaxLength {
			f.add(path, `write a shorter "name"`, "its name would be %s, which is too long for a node", m.name)
		}
	}
}

// via tells hosts apart that have the same address behind different jumps.
func via(r reach) string {
	if r.Jump == nil {
		return ""
	}
	return " through " + r.Jump.hostPort()
}

// counts holds the list of hosts against what the rest of the config says.
func (f *findings) counts(cluster *config.Cluster) {
	planes, workers := 0, map[string]int{}
	for _, m := range machines(cluster) {
		if m.role == node.ControlPlane {
			planes++
		} else {
			workers[m.pool]++
		}
	}
	if want := cluster.Spec.ControlPlane.Count; planes != want {
		f.add("hosts", fmt.Sprintf("write spec.controlPlane.count %d, or list %d hosts of that role", planes, want),
			"%d hosts have the role %s, and spec.controlPlane.count is %d", planes, node.ControlPlane, want)
	}
	for i, pool := range cluster.Spec.Pools {
		if have := workers[pool.Name]; have != pool.Count {
			f.add("hosts", fmt.Sprintf("write spec.pools[%d].count %d, or list %d hosts of that pool", i, have, pool.Count),
				"%d hosts are of pool %q, and its count is %d", have, pool.Name, pool.Count)
		}
	}
}

func poolList(cluster *config.Cluster) []string {
	var names []string
	for _, pool := range cluster.Spec.Pools {
		names = append(names, pool.Name)
	}
	return names
}

func poolNames(cluster *config.Cluster) string {
	names := poolList(cluster)
	if len(names) == 0 {
		return "spec.pools, which is empty"
	}
	return strings.Join(names, ", ")
}

func isIPv4(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4()
}

// isName tells a DNS name. What looks like an address and is none is no name
// either.
func isName(text string) bool {
	return len(validation.IsDNS1123Subdomain(strings.ToLower(text))) == 0 && net.ParseIP(text) == nil && !numbers.MatchString(text)
}

var numbers = regexp.MustCompile(`^[0-9.]+$`)
