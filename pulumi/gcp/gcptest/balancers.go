package gcptest

import (
	"fmt"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// balancers are the kinds of endpoint.go of the program.
func balancers() map[string]kind {
	return map[string]kind{
		"gcp:compute/forwardingRule:ForwardingRule":       forwardingRule(),
		"gcp:compute/regionHealthCheck:RegionHealthCheck": healthCheck(),
		"gcp:compute/instanceGroup:InstanceGroup": {
			api: discovery.Compute, method: "compute.instanceGroups.insert",
			moves: keeps("project", "zone", "instances"),
			rules: []rule{required("zone"), sameZone("instances[]")},
			late:  []rule{refers("network", "networks", true), refers("instances[]", "instances", false)},

			link:    "projects/{project}/zones/{zone}/instanceGroups/{name}",
			replace: []string{"description", "name", "network", "project", "zone"},
			outputs: func(_ *world, o made) object { return object{"size": float64(len(o.in.texts("instances")))} },
		},
		"gcp:compute/instanceGroupMembership:InstanceGroupMembership": {
			api: discovery.Compute, method: "compute.instanceGroups.addInstances",
			moves: append(keeps("project", "zone", "instanceGroup"), move{from: "instance", to: "instances[0].instance"}),
			rules: []rule{required("instance", "instanceGroup", "zone"), sameZone("instance")},
			late:  []rule{refers("instance", "instances", false), refers("instanceGroup", "instanceGroups", true)},

			link:        "{project}/{zone}/{instanceGroup}/{instance}",
			replace:     []string{"instance", "instanceGroup", "project", "zone"},
			deleteFirst: true,
		},
		"gcp:compute/regionBackendService:RegionBackendService": {
			api: discovery.Compute, method: "compute.regionBackendServices.insert",
			moves: append(keeps("project", "region"), move{from: "healthChecks", to: "healthChecks[0]"},
				move{from: "connectionDrainingTimeoutSec", to: "connectionDraining.drainingTimeoutSec"}),
			rules: []rule{bounds("connectionDrainingTimeoutSec", 0, 3600), passThrough},
			late:  []rule{refers("healthChecks", "healthChecks", false), refers("backends[].group", "instanceGroups", false), refers("network", "networks", true)},

			link:      "projects/{project}/regions/{region}/backendServices/{name}",
			replace:   []string{"loadBalancingScheme", "name", "network", "project"},
			immutable: []string{"region"},
			outputs: func(_ *world, o made) object {
				return object{"fingerprint": digest(o.id)[:11] + "=", "generatedId": float64(len(o.id))}
			},
		},
	}
}

// forwardingRule is the kind of load balancers' fronts.
func forwardingRule() kind {
	return kind{
		api: discovery.Compute, method: "compute.forwardingRules.insert",
		moves: append(keeps("project", "region", "recreateClosedPsc"), move{from: "ipAddress", to: "IPAddress"}, move{from: "ipProtocol", to: "IPProtocol"}),
		rules: []rule{front},
		late:  []rule{refers("backendService", "backendServices", false), refers("network", "networks", true), refers("subnetwork", "subnetworks", true), sameScheme, fits("ipAddress", "subnetwork")},

		link: "projects/{project}/regions/{region}/forwardingRules/{name}",
		replace: []string{
			"allPorts", "backendService", "description", "ipAddress", "ipProtocol", "ipVersion", "isMirroringCollector", "loadBalancingScheme",
			"name", "network", "networkTier", "noAutomateDnsZone", "portRange", "ports", "project", "region", "serviceLabel", "sourceIpRanges", "subnetwork",
		},
		outputs: func(_ *world, o made) object {
			return object{"forwardingRuleId": float64(len(o.id)), "serviceName": ""}
		},
	}
}

// healthCheck is the kind of health checks.
func healthCheck() kind {
	return kind{
		api: discovery.Compute, method: "compute.regionHealthChecks.insert",
		moves: keeps("project", "region"),
		adds:  checkType,
		rules: []rule{oneOf("httpsHealthCheck", "httpHealthCheck", "tcpHealthCheck", "sslHealthCheck", "http2HealthCheck", "grpcHealthCheck"), bounds("checkIntervalSec", 1, 300), bounds("timeoutSec", 1, 300), bounds("healthyThreshold", 1, 10), bounds("unhealthyThreshold", 1, 10), patient, checkPort},

		link:    "projects/{project}/regions/{region}/healthChecks/{name}",
		replace: []string{"name", "project", "region"},
		outputs: func(_ *world, o made) object { return object{"type": checkType(o.in)["type"]} },
	}
}

// checkType is what the provider makes of which block is given.
func checkType(in object) map[string]any {
	for key, kind := range map[string]string{
		"httpsHealthCheck": "HTTPS", "httpHealthCheck": "HTTP", "tcpHealthCheck": "TCP", "sslHealthCheck": "SSL", "http2HealthCheck": "HTTP2", "grpcHealthCheck": "GRPC",
	} {
		if in.has(key) {
			return map[string]any{"type": kind}
		}
	}
	return nil
}

// patient wants a check to be over before the next one begins.
func patient(_ *world, in object) []targettest.Problem {
	interval, timeout := 5.0, 5.0
	if n, known := in.number("checkIntervalSec"); known {
		interval = n
	}
	if n, known := in.number("timeoutSec"); known {
		timeout = n
	}
	if timeout > interval {
		return []targettest.Problem{problem("timeoutSec", "%v is longer than checkIntervalSec, %v", timeout, interval)}
	}
	return nil
}

func checkPort(_ *world, in object) []targettest.Problem {
	for _, key := range []string{"httpsHealthCheck", "httpHealthCheck", "tcpHealthCheck", "sslHealthCheck"} {
		check := in.object(key)
		if n, known := check.number("port"); known && (n < 1 || n > 65535) {
			return []targettest.Problem{problem(key+".port", "%v is no port", n)}
		}
		if path := check.text("requestPath"); path != "" && path[0] != '/' {
			return []targettest.Problem{problem(key+".requestPath", "%q does not begin with a slash", path)}
		}
	}
	return nil
}

// passThrough holds a backend service to what load balancers that pass
// connections through can do.
func passThrough(_ *world, in object) []targettest.Problem {
	scheme := in.text("loadBalancingScheme")
	if scheme != "INTERNAL" && scheme != "EXTERNAL" && in.has("loadBalancingScheme") {
		return nil
	}
	var problems []targettest.Problem
	if !in.has("healthChecks") {
		problems = append(problems, problem("healthChecks", "is required"))
	}
	if p := in.text("protocol"); p != "" && p != "TCP" && p != "UDP" && p != "UNSPECIFIED" {
		problems = append(problems, problem("protocol", "%s cannot be passed through: use TCP, UDP or UNSPECIFIED", p))
	}
	for i, backend := range in.objects("backends") {
		if mode, known := backend["balancingMode"].(string); (known && mode != "CONNECTION") || !backend.has("balancingMode") {
			problems = append(problems, problem(fmt.Sprintf("backends[%d].balancingMode", i), "must be CONNECTION"))
		}
		if backend.has("capacityScaler") {
			problems = append(problems, problem(fmt.Sprintf("backends[%d].capacityScaler", i), "cannot be set where connections are passed through"))
		}
	}
	if in.has("network") && scheme == "EXTERNAL" {
		problems = append(problems, problem("network", "only an internal load balancer has one"))
	}
	return problems
}

// front holds a forwarding rule to what its scheme allows.
func front(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	listed := in.texts("ports")
	if len(listed) > 5 {
		problems = append(problems, problem("ports", "%d are over the limit of 5", len(listed)))
	}
	for i, text := range listed {
		if n, err := strconv.Atoi(text); err != nil || n < 1 || n > 65535 {
			problems = append(problems, problem(fmt.Sprintf("ports[%d]", i), "%q is no port", text))
		}
	}
	if in.has("backendService") && !in.has("ports") && !in.has("portRange") && in["allPorts"] != true {
		problems = append(problems, problem("ports", "ports, portRange or allPorts must be given"))
	}
	if in.text("loadBalancingScheme") == "EXTERNAL" {
		for _, key := range []string{"subnetwork", "network", "allowGlobalAccess"} {
			if in.has(key) {
				problems = append(problems, problem(key, "only an internal load balancer has one"))
			}
		}
	}
	if in.text("loadBalancingScheme") == "INTERNAL" && !in.has("subnetwork") && !in.has("network") {
		problems = append(problems, problem("subnetwork", "an internal load balancer is in one"))
	}
	return problems
}

// sameScheme wants a forwarding rule and its backend service to be of one
// kind of load balancer.
func sameScheme(w *world, in object) []targettest.Problem {
	service := w.find(in.text("backendService"))
	if service == nil || !in.known("loadBalancingScheme") || service.text("loadBalancingScheme") == in.text("loadBalancingScheme") {
		return nil
	}
	return []targettest.Problem{problem("loadBalancingScheme", "%q is not that of its backend service, %q", in.text("loadBalancingScheme"), service.text("loadBalancingScheme"))}
}
