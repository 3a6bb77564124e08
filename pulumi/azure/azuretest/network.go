package azuretest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Subnets: the least that Azure makes, and what it keeps for itself of each:
// the first four addresses and the last.
const (
	smallestSubnet = 29
	keptFirst      = 4
)

func networkKinds() map[string]kind {
	network := ofNetwork("virtualNetworks", "virtualNetworkName")
	network.form, network.is = vnetForm, "1 to 64 letters, digits, underscores, periods and hyphens"
	network.replace, network.immutable = []string{"location"}, nil
	network.rules, network.holds = networkRules, true

	subnet := ofNetwork("virtualNetworks/subnets", "subnetName")
	subnet.parent, subnet.immutable = "virtualNetworkName", nil
	subnet.rules, subnet.placed = subnetRules, subnetPlaced

	nat := ofNetwork("natGateways", "natGatewayName")
	nat.immutable, nat.rules = append(nat.immutable, "zones"), natRules

	address := ofNetwork("publicIPAddresses", "publicIpAddressName")
	address.replace = []string{"location", "publicIPAddressVersion", "publicIPPrefix", "sku"}
	address.immutable, address.rules = []string{"zones"}, addressRules
	address.outputs = func(o targettest.Object, _ object) targettest.Properties {
		return targettest.Properties{"ipAddress": property(publicAddress(o.Serial))}
	}

	firewall := ofNetwork("networkSecurityGroups", "networkSecurityGroupName")
	firewall.rules = firewallRules

	card := ofNetwork("networkInterfaces", "networkInterfaceName")
	card.rules, card.placed = cardRules, placed
	card.outputs = func(o targettest.Object, _ object) targettest.Properties {
		return targettest.Properties{"macAddress": property(fmt.Sprintf("00-0D-3A-00-%02X-%02X", o.Serial/256, o.Serial%256))}
	}

	balancer := ofNetwork("loadBalancers", "loadBalancerName")
	balancer.immutable = append(balancer.immutable, "sku", "frontendIPConfigurations.zones")
	balancer.rules, balancer.placed = balancerRules, placed
	balancer.outputs = balancerOutputs
	return map[string]kind{
		"VirtualNetwork": network, "Subnet": subnet, "NatGateway": nat, "PublicIPAddress": address,
		"NetworkSecurityGroup": firewall, "NetworkInterface": card, "LoadBalancer": balancer,
		"ApplicationSecurityGroup": ofNetwork("applicationSecurityGroups", "applicationSecurityGroupName"),
	}
}

func networkRules(in object, p *problems) {
	for path := range items(in, "addressSpace.addressPrefixes") {
		prefix(in, path, p)
	}
}

// prefix is the range of addresses at a path; ok is false where there is none.
func prefix(in object, path string, p *problems) (netip.Prefix, bool) {
	found, ok := text(in, path)
	if !ok {
		return netip.Prefix{}, false
	}
	parsed, err := netip.ParsePrefix(found)
	if err != nil || parsed != parsed.Masked() {
		p.add(path, "%q is no range of addresses", found)
		return netip.Prefix{}, false
	}
	return parsed, true
}

func subnetRules(in object, p *problems) {
	if absent(in, "addressPrefix") && absent(in, "addressPrefixes") {
		p.add("addressPrefix", "is required")
	}
	if found, ok := prefix(in, "addressPrefix", p); ok && found.Bits() > smallestSubnet {
		p.add("addressPrefix", "%s is smaller than Azure's smallest subnet, a /%d", found, smallestSubnet)
	}
}

// subnetPlaced demands that a subnet is within its network.
func subnetPlaced(w *world, _ string, in object) error {
	group, _ := text(in, "resourceGroupName")
	name, _ := text(in, "virtualNetworkName")
	network, _ := w.byID(fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/virtualNetworks/%s", Subscription, group, name))
	wanted, err := netip.ParsePrefix(fmt.Sprint(get(in, "addressPrefix")))
	if err != nil {
		return err
	}
	for _, v := range items(plain(network.Inputs), "addressSpace.addressPrefixes") {
		whole, err := netip.ParsePrefix(fmt.Sprint(v))
		if err == nil && whole.Contains(wanted.Addr()) && whole.Bits() <= wanted.Bits() {
			return nil
		}
	}
	return fmt.Errorf("addressPrefix: %s is not within the network %q", wanted, name)
}

func natRules(in object, p *problems) {
	if other(in, "sku.name", "Standard") {
		p.add("sku.name", "a NAT gateway is Standard")
	}
	if absent(in, "publicIpAddresses") && absent(in, "publicIpPrefixes") {
		p.add("publicIpAddresses", "without an address there is no way out")
	}
	oneZone(in, p)
}

// oneZone refuses several zones of what can be in one only.
func oneZone(in object, p *problems) {
	if len(items(in, "zones")) > 1 {
		p.add("zones", "it can be in one zone only")
	}
	zones(in, "zones", p)
}

func zones(in object, path string, p *problems) {
	for at, zone := range items(in, path) {
		if text, is := zone.(string); is && !slices.Contains([]string{"1", "2", "3"}, text) {
			p.add(at, "%q is no zone: they are called 1, 2 and 3", text)
		}
	}
}

func addressRules(in object, p *problems) {
	if other(in, "sku.name", "Standard") {
		p.add("sku.name", "Basic addresses are no more: use Standard")
	}
	if other(in, "publicIPAllocationMethod", "Static") {
		p.add("publicIPAllocationMethod", "an address of SKU Standard is Static")
	}
	// One zone or all of them: Azure has nothing in between.
	if n := len(items(in, "zones")); n == 2 {
		p.add("zones", "an address is in one zone or in all three")
	}
	zones(in, "zones", p)
}

// static demands an address where one is said to be chosen, and none where
// not.
func static(path string, of any, p *problems) {
	method, _ := text(of, "privateIPAllocationMethod")
	if given := !absent(of, "privateIPAddress"); !open(of, "privateIPAllocationMethod") && given != (method == "Static") {
		p.add(path+".privateIPAddress", "goes with the allocation method Static, and only with it")
	}
	if address, ok := text(of, "privateIPAddress"); ok {
		if _, err := netip.ParseAddr(address); err != nil {
			p.add(path+".privateIPAddress", "%q is no address", address)
		}
	}
}

func cardRules(in object, p *problems) {
	cards, primary := items(in, "ipConfigurations"), 0
	if none(in, "ipConfigurations") {
		p.add("ipConfigurations", "an interface has at least one")
	}
	for path, card := range cards {
		if absent(card, "subnet.id") {
			p.add(path+".subnet.id", "is required")
		}
		if yes, _ := get(card, "primary").(bool); yes || len(cards) == 1 {
			primary++
		}
		static(path, card, p)
	}
	if len(cards) > 1 && primary != 1 {
		p.add("ipConfigurations", "exactly one is primary")
	}
}

// placed demands that static addresses are within their subnet, are none of
// Azure's own, and are taken by nothing else.
func placed(w *world, name string, in object) error {
	for _, list := range []string{"ipConfigurations", "frontendIPConfigurations"} {
		for path, of := range items(in, list) {
			address, ok := text(of, "privateIPAddress")
			if !ok {
				continue
			}
			id, _ := text(of, "subnet.id")
			if err := w.free(id, address, name); err != nil {
				return fmt.Errorf("%s.privateIPAddress: %w", path, err)
			}
		}
	}
	return nil
}

// free tells why an address of a subnet cannot be had.
func (w *world) free(subnet, address, by string) error {
	within, found := w.byID(subnet)
	if !found {
		return fmt.Errorf("subnet %s does not exist", subnet)
	}
	whole, err := netip.ParsePrefix(fmt.Sprint(get(plain(within.Inputs), "addressPrefix")))
	if err != nil {
		return err
	}
	wanted, err := netip.ParseAddr(address)
	if err != nil || !whole.Contains(wanted) {
		return fmt.Errorf("%s is not within the subnet's %s", address, whole)
	}
	kept := whole.Addr()
	for range keptFirst {
		if kept == wanted {
			return fmt.Errorf("%s is one of the first four of the subnet, which are Azure's own", address)
		}
		kept = kept.Next()
	}
	if !whole.Contains(wanted.Next()) {
		return fmt.Errorf("%s is the last of the subnet, which is Azure's own", address)
	}
	for _, o := range w.Objects() {
		taken := false
		each("", plain(o.Inputs), func(path string, v any) {
			taken = taken || strings.HasSuffix(path, ".privateIPAddress") && v == address
		})
		if taken && o.Name != by {
			return fmt.Errorf("%s is taken by %s %q", address, o.Type, o.Name)
		}
	}
	return nil
}
