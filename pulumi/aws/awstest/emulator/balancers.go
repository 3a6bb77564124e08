package emulator

import (
	"fmt"
	"slices"
)

// Kinds of what a load balancer is made of.
const (
	kindBalancer = "load-balancer"
	kindTargets  = "target-group"
	kindListener = "listener"
)

const balancerPrefix = "arn:aws:elasticloadbalancing:" + Region + ":" + Account + ":"

// balancerHandlers answer what is asked of load balancers.
func balancerHandlers() map[string]handler {
	return map[string]handler{
		"CreateLoadBalancer":             createBalancer,
		"DescribeLoadBalancers":          describeNamed("LoadBalancers", kindBalancer, "LoadBalancerNotFound", "LoadBalancerArns", "LoadBalancerName"),
		"DescribeLoadBalancerAttributes": attributes(kindBalancer, "LoadBalancerNotFound", "LoadBalancerArn"),
		"ModifyLoadBalancerAttributes":   attributes(kindBalancer, "LoadBalancerNotFound", "LoadBalancerArn"),
		"DescribeCapacityReservation":    func(*Emulator, message) (message, error) { return message{}, nil },
		"SetSecurityGroups": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindBalancer, "LoadBalancerNotFound", text(in, "LoadBalancerArn"))
			if err != nil {
				return nil, err
			}
			o.data["SecurityGroups"] = in["SecurityGroups"]
			return message{"SecurityGroupIds": in["SecurityGroups"]}, nil
		},
		"SetSubnets": func(e *Emulator, in message) (message, error) {
			o, err := e.find(kindBalancer, "LoadBalancerNotFound", text(in, "LoadBalancerArn"))
			if err != nil {
				return nil, err
			}
			return message{"AvailabilityZones": o.data["AvailabilityZones"]}, e.place(o, in)
		},
		"DeleteLoadBalancer": func(e *Emulator, in message) (message, error) {
			o := e.store.get(kindBalancer, text(in, "LoadBalancerArn"))
			if o == nil {
				return message{}, nil
			}
			for _, listener := range e.store.where(kindListener, "LoadBalancerArn", o.id) {
				e.store.remove(listener)
			}
			e.release(o.id)
			e.store.remove(o)
			return message{}, nil
		},
		"AddTags": func(e *Emulator, in message) (message, error) {
			return e.balancerTags(in, func(o *object) { o.kept["Tags"] = merged(structures(o.kept, "Tags"), structures(in, "Tags")) })
		},
		"RemoveTags": func(e *Emulator, in message) (message, error) {
			return e.balancerTags(in, func(o *object) {
				for _, key := range texts(in, "TagKeys") {
					o.kept["Tags"] = without(structures(o.kept, "Tags"), "Key", key)
				}
			})
		},
		"DescribeTags": func(e *Emulator, in message) (message, error) {
			descriptions := list[any]()
			_, err := e.balancerTags(in, func(o *object) {
				descriptions = append(descriptions, message{"ResourceArn": o.id, "Tags": deep(or(o.kept, "Tags", list[any]()))})
			})
			return message{"TagDescriptions": descriptions}, err
		},
	}
}

// describeNamed answers with objects by their ARNs or names.
func describeNamed(answer, kind, missing, arns, name string) handler {
	return func(e *Emulator, in message) (message, error) {
		found, err := e.store.selected(kind, missing, texts(in, arns), nil, nil)
		if err != nil {
			return nil, err
		}
		if names := texts(in, "Names"); len(names) > 0 {
			found = slices.DeleteFunc(found, func(o *object) bool { return !slices.Contains(names, text(o.data, name)) })
			if len(found) == 0 {
				return nil, refuse(missing, "there is no %s %v", kind, names)
			}
		}
		return message{answer: datas(found)}, nil
	}
}

func createBalancer(e *Emulator, in message) (message, error) {
	name := text(in, "Name")
	if len(e.store.where(kindBalancer, "LoadBalancerName", name)) > 0 {
		return nil, refuse("DuplicateLoadBalancerName", "there is a load balancer %q", name)
	}
	for _, id := range texts(in, "SecurityGroups") {
		if _, err := e.find(kindGroup, "InvalidSecurityGroup", id); err != nil {
			return nil, err
		}
	}
	o := e.store.put(kindBalancer, fmt.Sprintf("%sloadbalancer/net/%s/%016x", balancerPrefix, name, e.store.made), message{
		"LoadBalancerName": name, "Scheme": or(in, "Scheme", "internet-facing"), "Type": or(in, "Type", "application"), "IpAddressType": or(in, "IpAddressType", "ipv4"),
		"State": message{"Code": "active"}, "CanonicalHostedZoneId": "ZLMOA37VPKANP", "CreatedTime": began, "SecurityGroups": or(in, "SecurityGroups", list[any]()),
		"DNSName": fmt.Sprintf("%s-%016x.elb.%s.amazonaws.com", name, e.store.made, Region),
	})
	o.data["LoadBalancerArn"] = o.id
	o.kept["Tags"] = deep(or(in, "Tags", list[any]()))
	o.kept["Attributes"] = message{
		"deletion_protection.enabled": "false", "load_balancing.cross_zone.enabled": "false", "access_logs.s3.enabled": "false", "access_logs.s3.bucket": "",
		"access_logs.s3.prefix": "", "dns_record.client_routing_policy": "any_availability_zone", "zonal_shift.config.enabled": "false", "secondary_ips.auto_assigned.per_subnet": "0",
	}
	if err := e.place(o, in); err != nil {
		e.release(o.id)
		e.store.remove(o)
		return nil, err
	}
	return message{"LoadBalancers": datas([]*object{o})}, nil
}

// place puts a load balancer into subnets, with the addresses it is given.
func (e *Emulator) place(o *object, in message) error {
	mappings := structures(in, "SubnetMappings")
	for _, id := range texts(in, "Subnets") {
		mappings = append(mappings, message{"SubnetId": id})
	}
	zones, used := list[any](), map[any]bool{}
	for _, mapping := range mappings {
		subnet, err := e.find(kindSubnet, "SubnetNotFound", text(mapping, "SubnetId"))
		if err != nil {
			return err
		}
		zone := message{"SubnetId": subnet.id, "ZoneName": subnet.data["AvailabilityZone"], "LoadBalancerAddresses": list[any]()}
		if used[zone["ZoneName"]] {
			return refuse("InvalidConfigurationRequest", "two subnets of zone %v", zone["ZoneName"])
		}
		used[zone["ZoneName"]] = true
		if allocation := text(mapping, "AllocationId"); allocation != "" {
			if o.data["Scheme"] == "internal" {
				return refuse("InvalidConfigurationRequest", "an internal load balancer has no public address")
			}
			address, err := e.take(allocation, o.id)
			if err != nil {
				return err
			}
			zone["LoadBalancerAddresses"] = list(message{"AllocationId": allocation, "IpAddress": address.data["PublicIp"]})
		}
		zones = append(zones, zone)
		o.data["VpcId"], o.kept[subnet.id] = subnet.data["VpcId"], true
	}
	if len(zones) == 0 {
		return refuse("ValidationError", "there is no subnet")
	}
	o.data["AvailabilityZones"] = zones
	return nil
}

// attributes answers with the attributes of an object, once those of the
// request are changed.
func attributes(kind, missing, member string) handler {
	return func(e *Emulator, in message) (message, error) {
		o, err := e.find(kind, missing, text(in, member))
		if err != nil {
			return nil, err
		}
		kept := structure(o.kept, "Attributes")
		for _, change := range structures(in, "Attributes") {
			if _, known := kept[text(change, "Key")]; !known {
				return nil, refuse("InvalidConfigurationRequest", "%s has no attribute %q", kind, text(change, "Key"))
			}
			kept[text(change, "Key")] = text(change, "Value")
		}
		all := list[any]()
		for key, v := range kept {
			all = append(all, message{"Key": key, "Value": v})
		}
		return message{"Attributes": all}, nil
	}
}

func (e *Emulator) balancerTags(in message, each func(*object)) (message, error) {
	for _, arn := range texts(in, "ResourceArns") {
		found := false
		for kind, missing := range map[string]string{kindBalancer: "", kindTargets: "", kindListener: ""} {
			if o := e.store.get(kind, arn); o != nil {
				each(o)
				found = missing == ""
			}
		}
		if !found {
			return nil, refuse("LoadBalancerNotFound", "there is no %q", arn)
		}
	}
	return message{}, nil
}
