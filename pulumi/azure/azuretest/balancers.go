package azuretest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// parts of balancers that others refer to.
var partForm = regexp.MustCompile(`/(frontendIPConfigurations|backendAddressPools|probes)/([^/]+)$`)

func balancerOutputs(o targettest.Object, in object) targettest.Properties {
	outputs := targettest.Properties{}
	for _, list := range []string{"frontendIPConfigurations", "backendAddressPools", "probes", "loadBalancingRules"} {
		var parts []resource.PropertyValue
		for i, part := range listed(o.Inputs[resource.PropertyKey(list)]) {
			name, _ := text(in, fmt.Sprintf("%s[%d].name", list, i))
			whole := targettest.Plain(fields(part))
			whole["id"] = property(o.ID + "/" + list + "/" + name)
			parts = append(parts, resource.NewProperty(whole))
		}
		if parts != nil {
			outputs[resource.PropertyKey(list)] = resource.NewProperty(parts)
		}
	}
	return outputs
}

func balancerRules(in object, p *problems) {
	if other(in, "sku.name", "Standard") {
		p.add("sku.name", "Basic balancers are no more, and know no zones: use Standard")
	}
	for path, front := range items(in, "frontendIPConfigurations") {
		frontRules(path, front, p)
	}
	for path, probe := range items(in, "probes") {
		protocol, _ := text(probe, "protocol")
		if asks := !absent(probe, "requestPath"); !open(probe, "protocol") && asks == (protocol == "Tcp") {
			p.add(path+".requestPath", "probes of HTTP and HTTPS have a path, those of TCP have none")
		}
	}
	for path, rule := range items(in, "loadBalancingRules") {
		if absent(rule, "frontendIPConfiguration") || absent(rule, "backendAddressPool") {
			p.add(path, "a rule is from a front end to a back end")
		}
	}
	// What a rule refers to is a part of the same balancer.
	each("", in, func(path string, v any) {
		id, is := v.(string)
		match := partForm.FindStringSubmatch(id)
		if !is || match == nil || !strings.Contains(id, fmt.Sprintf("/loadBalancers/%v/", in["loadBalancerName"])) {
			return
		}
		if open(in, match[1]) {
			return
		}
		for _, part := range items(in, match[1]) {
			if name, _ := text(part, "name"); name == match[2] {
				return
			}
		}
		p.add(path, "the balancer has no %s called %q", match[1], match[2])
	})
}

func frontRules(path string, front any, p *problems) {
	if absent(front, "subnet") == absent(front, "publicIPAddress") && !open(front, "subnet") {
		p.add(path, "a front end has a subnet or a public address, one of them")
	}
	if !absent(front, "publicIPAddress") && len(items(front, "zones")) > 0 {
		p.add(path+".zones", "a public front end is in the zones of its address")
	}
	static(path, front, p)
}
