package emulator

import (
	"fmt"
	"strings"
)

const kindScaling = "auto-scaling-group"

// scalingHandlers answer what is asked of scaling groups. Their instances are
// only numbers: they have an id and are in service.
func scalingHandlers() map[string]handler {
	return map[string]handler{
		"CreateAutoScalingGroup":    createScaling,
		"DescribeAutoScalingGroups": describeScaling,
		"UpdateAutoScalingGroup":    updateScaling,
		"DeleteAutoScalingGroup": func(e *Emulator, in message) (message, error) {
			o, err := e.scaling(in)
			if err != nil {
				return nil, err
			}
			if len(structures(o.data, "Instances")) > 0 && in["ForceDelete"] != true {
				return nil, refuse("ResourceInUse", "%s has instances", o.id)
			}
			e.store.remove(o)
			return message{}, nil
		},
		"SetDesiredCapacity":        updateScaling,
		"StartInstanceRefresh":      startRefresh,
		"CancelInstanceRefresh":     cancelRefresh,
		"DescribeInstanceRefreshes": describeRefreshes,
		"DescribeScalingActivities": func(*Emulator, message) (message, error) { return message{"Activities": list[any]()}, nil },
		"DescribeWarmPool":          func(*Emulator, message) (message, error) { return message{"Instances": list[any]()}, nil },
		"DescribeLoadBalancerTargetGroups": func(*Emulator, message) (message, error) {
			return message{"LoadBalancerTargetGroups": list[any]()}, nil
		},
		"DescribeTrafficSources": func(*Emulator, message) (message, error) { return message{"TrafficSources": list[any]()}, nil },
	}
}

// scalingSettings answer what changes a group's tags, and what it may do by
// itself.
func scalingSettings() map[string]handler {
	return map[string]handler{
		"CreateOrUpdateTags": func(e *Emulator, in message) (message, error) {
			for _, tag := range structures(in, "Tags") {
				o, err := e.find(kindScaling, "ValidationError", text(tag, "ResourceId"))
				if err != nil {
					return nil, err
				}
				o.data["Tags"] = merged(structures(o.data, "Tags"), []message{tag})
			}
			return message{}, nil
		},
		"DeleteTags": func(e *Emulator, in message) (message, error) {
			for _, tag := range structures(in, "Tags") {
				o, err := e.find(kindScaling, "ValidationError", text(tag, "ResourceId"))
				if err != nil {
					return nil, err
				}
				o.data["Tags"] = without(structures(o.data, "Tags"), "Key", text(tag, "Key"))
			}
			return message{}, nil
		},
		"SuspendProcesses": func(e *Emulator, in message) (message, error) {
			o, err := e.scaling(in)
			if err != nil {
				return nil, err
			}
			all := structures(o.data, "SuspendedProcesses")
			for _, name := range texts(in, "ScalingProcesses") {
				all = append(all, message{"ProcessName": name, "SuspensionReason": "User suspended"})
			}
			o.data["SuspendedProcesses"] = list(all...)
			return message{}, nil
		},
		"ResumeProcesses": func(e *Emulator, in message) (message, error) {
			o, err := e.scaling(in)
			if err != nil {
				return nil, err
			}
			for _, name := range texts(in, "ScalingProcesses") {
				o.data["SuspendedProcesses"] = without(structures(o.data, "SuspendedProcesses"), "ProcessName", name)
			}
			return message{}, nil
		},
	}
}

func (e *Emulator) scaling(in message) (*object, error) {
	return e.find(kindScaling, "ValidationError", text(in, "AutoScalingGroupName"))
}

func createScaling(e *Emulator, in message) (message, error) {
	name := text(in, "AutoScalingGroupName")
	if e.store.get(kindScaling, name) != nil {
		return nil, refuse("AlreadyExists", "there is a group %q", name)
	}
	if _, _, err := e.templateOf(structure(in, "LaunchTemplate")); err != nil {
		return nil, err
	}
	o := e.store.put(kindScaling, name, message{
		"AutoScalingGroupName": name, "CreatedTime": began, "DefaultCooldown": int64(300), "HealthCheckType": "EC2", "HealthCheckGracePeriod": int64(0),
		"AutoScalingGroupARN":              fmt.Sprintf("arn:aws:autoscaling:%s:%s:autoScalingGroup:%d:autoScalingGroupName/%s", Region, Account, e.store.made, name),
		"ServiceLinkedRoleARN":             "arn:aws:iam::" + Account + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
		"NewInstancesProtectedFromScaleIn": false, "TerminationPolicies": list("Default"), "SuspendedProcesses": list[any](), "EnabledMetrics": list[any](),
		"AvailabilityZoneDistribution": message{"CapacityDistributionStrategy": "balanced-best-effort"}, "CapacityReservationSpecification": message{"CapacityReservationPreference": "default"},
	})
	tags := list[any]()
	for _, tag := range structures(in, "Tags") {
		tags = append(tags, tag)
	}
	o.data["Tags"] = tags
	if err := e.resize(o, in); err != nil {
		e.store.remove(o)
		return nil, err
	}
	return message{}, nil
}

func updateScaling(e *Emulator, in message) (message, error) {
	o, err := e.scaling(in)
	if err != nil {
		return nil, err
	}
	return message{}, e.resize(o, in)
}

// resize gives a group what a request says of it, and as many instances as it
// is to have.
func (e *Emulator) resize(o *object, in message) error {
	with(o.data, in, "MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown", "HealthCheckType", "HealthCheckGracePeriod", "VPCZoneIdentifier",
		"NewInstancesProtectedFromScaleIn", "TerminationPolicies", "CapacityRebalance", "DefaultInstanceWarmup", "MaxInstanceLifetime", "InstanceMaintenancePolicy",
		"AvailabilityZoneDistribution", "CapacityReservationSpecification")
	if given := structure(in, "LaunchTemplate"); len(given) > 0 {
		template, err := e.template(given)
		if err != nil {
			return err
		}
		o.data["LaunchTemplate"] = with(message{"LaunchTemplateId": template.id, "LaunchTemplateName": template.data["LaunchTemplateName"]}, given, "Version")
	}
	least, most := o.data["MinSize"].(int64), o.data["MaxSize"].(int64)
	desired, set := o.data["DesiredCapacity"].(int64)
	if !set {
		desired = least
	}
	desired = max(desired, least)
	if desired > most {
		if _, asked := in["DesiredCapacity"]; asked || least > most {
			return refuse("ValidationError", "%d is not between %d and %d", desired, least, most)
		}
		desired = most
	}
	o.data["DesiredCapacity"] = desired
	return e.staff(o, desired)
}

// staff gives a group its instances, in the subnets it names.
func (e *Emulator) staff(o *object, desired int64) error {
	zones := list[any]()
	for id := range strings.SplitSeq(text(o.data, "VPCZoneIdentifier"), ",") {
		subnet, err := e.find(kindSubnet, "ValidationError", id)
		if err != nil {
			return err
		}
		zones = append(zones, subnet.data["AvailabilityZone"])
		o.kept[id] = true
	}
	o.data["AvailabilityZones"] = zones
	instances := list[any]()
	for n := range desired {
		instances = append(instances, message{
			"InstanceId": fmt.Sprintf("i-%08x%09x", o.order, n), "AvailabilityZone": zones[int(n)%len(zones)], "LifecycleState": "InService", "HealthStatus": "Healthy",
			"LaunchTemplate": deep(o.data["LaunchTemplate"]), "ProtectedFromScaleIn": false,
		})
	}
	o.data["Instances"] = instances
	return nil
}

func describeScaling(e *Emulator, in message) (message, error) {
	found := list[any]()
	for _, name := range texts(in, "AutoScalingGroupNames") {
		if o := e.store.get(kindScaling, name); o != nil {
			found = append(found, deep(o.data))
		}
	}
	return message{"AutoScalingGroups": found}, nil
}

// startRefresh replaces the instances of a group, and is done at once.
func startRefresh(e *Emulator, in message) (message, error) {
	o, err := e.scaling(in)
	if err != nil {
		return nil, err
	}
	all := structures(o.kept, "Refreshes")
	id := fmt.Sprintf("refresh-%d", len(all)+1)
	o.kept["Refreshes"] = list(append(all, message{"InstanceRefreshId": id, "AutoScalingGroupName": o.id, "Status": "Successful", "PercentageComplete": int64(100)})...)
	desired, _ := o.data["DesiredCapacity"].(int64)
	return message{"InstanceRefreshId": id}, e.staff(o, desired)
}

func cancelRefresh(*Emulator, message) (message, error) {
	return nil, refuse("ActiveInstanceRefreshNotFound", "no refresh is under way")
}

func describeRefreshes(e *Emulator, in message) (message, error) {
	o, err := e.scaling(in)
	if err != nil {
		return nil, err
	}
	return message{"InstanceRefreshes": deep(or(o.kept, "Refreshes", list[any]()))}, nil
}

// Sizes are how many instances each scaling group has.
func (e *Emulator) Sizes() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := map[string]int{}
	for _, o := range e.store.of(kindScaling) {
		counts[o.id] = len(structures(o.data, "Instances"))
	}
	return counts
}

// Refreshes counts how often each scaling group has replaced its instances.
func (e *Emulator) Refreshes() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	counts := map[string]int{}
	for _, o := range e.store.of(kindScaling) {
		counts[o.id] = len(structures(o.kept, "Refreshes"))
	}
	return counts
}
