package emulator

import (
	"fmt"
	"maps"
	"slices"
)

// targetHandlers answer what is asked of target groups and who is in them.
func targetHandlers() map[string]handler {
	return map[string]handler{
		"CreateTargetGroup":             createTargets,
		"DescribeTargetGroups":          describeNamed("TargetGroups", kindTargets, "TargetGroupNotFound", "TargetGroupArns", "TargetGroupName"),
		"DescribeTargetGroupAttributes": attributes(kindTargets, "TargetGroupNotFound", "TargetGroupArn"),
		"ModifyTargetGroupAttributes":   attributes(kindTargets, "TargetGroupNotFound", "TargetGroupArn"),
		"ModifyTargetGroup": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindTargets, "TargetGroupNotFound", text(in, "TargetGroupArn"))
			if err != nil {
				return nil, err
			}
			for member, v := range in {
				if member != "TargetGroupArn" {
					o.data[member] = v
				}
			}
			return message{"TargetGroups": datas([]*object{o})}, nil
		},
		"DeleteTargetGroup": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindTargets, "TargetGroupNotFound", text(in, "TargetGroupArn"))
			if err != nil {
				return nil, err
			}
			for _, listener := range e.store.of(kindListener) {
				for _, action := range structures(listener.data, "DefaultActions") {
					if text(action, "TargetGroupArn") == o.id {
						return nil, refuse("ResourceInUse", "%s is in use by %s", o.id, listener.id)
					}
				}
			}
			e.store.remove(o)
			return message{}, nil
		},
		"RegisterTargets":      registerTargets,
		"DeregisterTargets":    deregisterTargets,
		"DescribeTargetHealth": describeHealth,
	}
}

func createTargets(e *Emulator, in message) (message, error) {
	name := text(in, "Name")
	if len(e.store.where(kindTargets, "TargetGroupName", name)) > 0 {
		return nil, refuse("DuplicateTargetGroupName", "there is a target group %q", name)
	}
	if _, err := e.find(kindVPC, "ValidationError", text(in, "VpcId")); err != nil {
		return nil, err
	}
	o := e.store.put(kindTargets, fmt.Sprintf("%stargetgroup/%s/%016x", balancerPrefix, name, e.store.made), message{
		"TargetGroupName": name, "TargetType": "instance", "IpAddressType": "ipv4", "HealthCheckEnabled": true, "HealthCheckProtocol": "TCP", "HealthCheckPort": "traffic-port",
		"HealthCheckIntervalSeconds": int64(30), "HealthCheckTimeoutSeconds": int64(10), "HealthyThresholdCount": int64(5), "UnhealthyThresholdCount": int64(2), "LoadBalancerArns": list[any](),
	})
	for member, v := range in {
		if member != "Name" && member != "Tags" {
			o.data[member] = v
		}
	}
	o.data["TargetGroupArn"] = o.id
	o.kept["Tags"] = deep(or(in, "Tags", list[any]()))
	o.kept["Attributes"] = message{
		"deregistration_delay.timeout_seconds": "300", "deregistration_delay.connection_termination.enabled": "false", "preserve_client_ip.enabled": "true", "proxy_protocol_v2.enabled": "false",
		"stickiness.enabled": "false", "stickiness.type": "source_ip", "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
		"target_group_health.dns_failover.minimum_healthy_targets.count": "1", "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1", "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
		"target_health_state.unhealthy.connection_termination.enabled": "true", "target_health_state.unhealthy.draining_interval_seconds": "0",
	}
	return message{"TargetGroups": datas([]*object{o})}, nil
}

// sameTarget tells whether two targets are one; a port that is left out is the
// group's.
func sameTarget(group *object, a, b message) bool {
	return text(a, "Id") == text(b, "Id") && or(a, "Port", group.data["Port"]) == or(b, "Port", group.data["Port"])
}

func registerTargets(e *Emulator, in message) (message, error) {
	o, err := e.find(kindTargets, "TargetGroupNotFound", text(in, "TargetGroupArn"))
	if err != nil {
		return nil, err
	}
	targets := structures(o.kept, "Targets")
	for _, target := range structures(in, "Targets") {
		if len(e.store.where(kindCard, "PrivateIpAddress", text(target, "Id"))) == 0 && e.store.get(kindInstance, text(target, "Id")) == nil {
			return nil, refuse("InvalidTarget", "there is no %q", text(target, "Id"))
		}
		made := message{"Port": o.data["Port"]}
		maps.Copy(made, target)
		targets = append(targets, made)
	}
	o.kept["Targets"] = list(targets...)
	return message{}, nil
}

func deregisterTargets(e *Emulator, in message) (message, error) {
	o, err := e.find(kindTargets, "TargetGroupNotFound", text(in, "TargetGroupArn"))
	if err != nil {
		return nil, err
	}
	left := structures(o.kept, "Targets")
	for _, gone := range structures(in, "Targets") {
		left = slices.DeleteFunc(left, func(t message) bool { return sameTarget(o, t, gone) })
	}
	o.kept["Targets"] = list(left...)
	return message{}, nil
}

func describeHealth(e *Emulator, in message) (message, error) {
	o, err := e.find(kindTargets, "TargetGroupNotFound", text(in, "TargetGroupArn"))
	if err != nil {
		return nil, err
	}
	registered, asked := structures(o.kept, "Targets"), structures(in, "Targets")
	if len(asked) == 0 {
		asked = registered
	}
	answers := list[any]()
	for _, target := range asked {
		health := message{"State": "healthy"}
		if !slices.ContainsFunc(registered, func(t message) bool { return sameTarget(o, t, target) }) {
			health = message{"State": "unused", "Reason": "Target.NotRegistered"}
		}
		answers = append(answers, message{"Target": deep(target), "TargetHealth": health, "HealthCheckPort": o.data["HealthCheckPort"]})
	}
	return message{"TargetHealthDescriptions": answers}, nil
}

// Targets are who is behind each target group.
func (e *Emulator) Targets() map[string][]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string][]string{}
	for _, o := range e.store.of(kindTargets) {
		for _, target := range structures(o.kept, "Targets") {
			name := text(o.data, "TargetGroupName")
			all[name] = append(all[name], text(target, "Id"))
		}
	}
	return all
}

// listenerHandlers answer what is asked of listeners.
func listenerHandlers() map[string]handler {
	return map[string]handler{
		"CreateListener": createListener,
		"DescribeListeners": func(e *Emulator, in message) (message, error) {
			found, err := e.store.selected(kindListener, "ListenerNotFound", texts(in, "ListenerArns"), nil, nil)
			return message{"Listeners": datas(found)}, err
		},
		"DescribeListenerAttributes": attributes(kindListener, "ListenerNotFound", "ListenerArn"),
		"ModifyListenerAttributes":   attributes(kindListener, "ListenerNotFound", "ListenerArn"),
		"ModifyListener": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindListener, "ListenerNotFound", text(in, "ListenerArn"))
			if err != nil {
				return nil, err
			}
			with(o.data, in, "Port", "Protocol", "DefaultActions")
			return message{"Listeners": datas([]*object{o})}, nil
		},
		"DeleteListener": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindListener, "ListenerNotFound", text(in, "ListenerArn"))
			if err != nil {
				return nil, err
			}
			e.store.remove(o)
			return message{}, nil
		},
	}
}

func createListener(e *Emulator, in message) (message, error) {
	balancer, err := e.find(kindBalancer, "LoadBalancerNotFound", text(in, "LoadBalancerArn"))
	if err != nil {
		return nil, err
	}
	for _, action := range structures(in, "DefaultActions") {
		if _, err := e.find(kindTargets, "TargetGroupNotFound", text(action, "TargetGroupArn")); err != nil {
			return nil, err
		}
	}
	for _, other := range e.store.where(kindListener, "LoadBalancerArn", balancer.id) {
		if other.data["Port"] == in["Port"] {
			return nil, refuse("DuplicateListener", "%s listens at %v", balancer.id, in["Port"])
		}
	}
	id := fmt.Sprintf("%slistener/net/%s/%016x/%016x", balancerPrefix, text(balancer.data, "LoadBalancerName"), balancer.order, e.store.made)
	o := e.store.put(kindListener, id, with(message{"ListenerArn": id}, in, "LoadBalancerArn", "Port", "Protocol", "DefaultActions"))
	o.kept["Tags"] = deep(or(in, "Tags", list[any]()))
	o.kept["Attributes"] = message{"tcp.idle_timeout.seconds": "350"}
	return message{"Listeners": datas([]*object{o})}, nil
}
