package awstest

import (
	"fmt"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// groups are scaling groups.
func (w *world) groups() map[string]spec {
	return map[string]spec{Group: {
		calls: []call{
			{service: "autoscaling", operation: "CreateAutoScalingGroup", fields: fields{
				"name": to("AutoScalingGroupName"), "minSize": to("MinSize"), "maxSize": to("MaxSize"), "desiredCapacity": to("DesiredCapacity"),
				"launchTemplate":     object("LaunchTemplate", fields{"id": to("LaunchTemplateId"), "name": to("LaunchTemplateName"), "version": to("Version")}),
				"vpcZoneIdentifiers": joined("VPCZoneIdentifier"), "healthCheckType": to("HealthCheckType"), "healthCheckGracePeriod": to("HealthCheckGracePeriod"),
				"defaultInstanceWarmup": to("DefaultInstanceWarmup"), "defaultCooldown": to("DefaultCooldown"), "capacityRebalance": to("CapacityRebalance"),
				"terminationPolicies": to("TerminationPolicies"), "protectFromScaleIn": to("NewInstancesProtectedFromScaleIn"), "maxInstanceLifetime": to("MaxInstanceLifetime"),
				"instanceMaintenancePolicy": object("InstanceMaintenancePolicy", fields{"minHealthyPercentage": to("MinHealthyPercentage"), "maxHealthyPercentage": to("MaxHealthyPercentage")}),
				"tags":                      list("Tags", fields{"key": to("Key"), "value": to("Value"), "propagateAtLaunch": to("PropagateAtLaunch")}),
			}},
			{service: "autoscaling", operation: "StartInstanceRefresh", given: map[string]any{"AutoScalingGroupName": api.Unknown{}}, fields: fields{
				"instanceRefresh": inline(fields{"strategy": to("Strategy"), "triggers": nowhere, "preferences": object("Preferences", fields{
					"minHealthyPercentage": to("MinHealthyPercentage"), "maxHealthyPercentage": to("MaxHealthyPercentage"), "instanceWarmup": count("InstanceWarmup"),
					"autoRollback": to("AutoRollback"), "skipMatching": to("SkipMatching"), "scaleInProtectedInstances": to("ScaleInProtectedInstances"),
					"standbyInstances": to("StandbyInstances"), "checkpointDelay": count("CheckpointDelay"), "checkpointPercentages": to("CheckpointPercentages"),
				})}),
			}},
			{service: "autoscaling", operation: "SuspendProcesses", given: map[string]any{"AutoScalingGroupName": api.Unknown{}}, fields: fields{"suspendedProcesses": to("ScalingProcesses")}},
		},
		own:   []string{"forceDelete", "waitForCapacityTimeout", "waitForElbCapacity", "minElbCapacity", "ignoreFailedScalingActivities", "forceDeleteWarmPool"},
		needs: []string{"minSize", "maxSize"},
		refers: map[string]reference{
			"launchTemplate.id": byID(LaunchTemplate), "launchTemplate.name": by("name", LaunchTemplate), "vpcZoneIdentifiers[]": byID(Subnet),
		},
		rules: []rule{
			matches("name", `[^:]{1,255}`, "it has 1 to 255 characters, none of them a colon"), matches("healthCheckType", "EC2|ELB", "EC2 or ELB"),
			matches("launchTemplate.version", `[1-9][0-9]*|\$Latest|\$Default`, "a number, $Latest or $Default"),
			matches("suspendedProcesses[]", "Launch|Terminate|AddToLoadBalancer|AlarmNotification|AZRebalance|HealthCheck|InstanceRefresh|ReplaceUnhealthy|ScheduledActions", "there is no such process"),
			sizes, w.startable, refreshRules, groupTags,
		},
		id: func(name string, inputs targettest.Properties) string { return nameOr(inputs, name) },
		outputs: func(o targettest.Object) targettest.Properties {
			return targettest.Properties{"name": text(o.ID), "arn": text(arn("autoscaling", "autoScalingGroup:"+digest(o.ID)[:36]+":autoScalingGroupName/"+o.ID))}
		},
		replace: []string{"name"}, namesakes: true,
	}}
}

// nowhere keeps an input with the provider.
func nowhere(*request, string, any) []targettest.Problem { return nil }

// joined is a list that the API takes as text with commas.
func joined(name string) place {
	return func(r *request, from string, value any) []targettest.Problem {
		items, ok := value.([]any)
		if !ok {
			r.put(name, value, from)
			return nil
		}
		all := ""
		for i, item := range items {
			if i > 0 {
				all += ","
			}
			if _, unknown := item.(api.Unknown); unknown {
				r.put(name, item, from)
				return nil
			}
			all += fmt.Sprint(item)
		}
		r.put(name, all, from)
		return nil
	}
}

// sizes demands that a group's size is between its bounds.
func sizes(in values) []targettest.Problem {
	least, hasLeast := in.number("minSize")
	most, hasMost := in.number("maxSize")
	desired, hasDesired := in.number("desiredCapacity")
	switch {
	case hasLeast && least < 0:
		return []targettest.Problem{problem("minSize", "%d is less than none", least)}
	case hasLeast && hasMost && most < least:
		return []targettest.Problem{problem("maxSize", "%d is below the least, %d", most, least)}
	case hasDesired && hasLeast && desired < least, hasDesired && hasMost && desired > most:
		return []targettest.Problem{problem("desiredCapacity", "%d is not between %d and %d", desired, least, most)}
	}
	return nil
}

// startable demands what a group can start machines from and where.
func (w *world) startable(in values) (problems []targettest.Problem) {
	if !in.has("launchTemplate") {
		problems = append(problems, problem("launchTemplate", "there is nothing to make instances from"))
	}
	if !in.has("vpcZoneIdentifiers") {
		problems = append(problems, problem("vpcZoneIdentifiers", "there is no subnet to start instances in"))
	}
	template := w.inputsOf(in.text("launchTemplate.id"))
	if template == nil {
		return problems
	}
	for _, need := range []string{"imageId", "instanceType"} {
		if !valuesOf(template).has(need) {
			problems = append(problems, problem("launchTemplate.id", "the template has no %s, and a group cannot start instances without", need))
		}
	}
	if version, err := strconv.Atoi(in.text("launchTemplate.version")); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if newest := w.versions[in.text("launchTemplate.id")]; version > newest {
			problems = append(problems, problem("launchTemplate.version", "there are %d versions of the template, and no %d", newest, version))
		}
	}
	return problems
}

// refreshRules demand of the two percentages what StartInstanceRefresh does.
func refreshRules(in values) []targettest.Problem {
	const at = "instanceRefresh.preferences."
	least, hasLeast := in.number(at + "minHealthyPercentage")
	most, hasMost := in.number(at + "maxHealthyPercentage")
	if hasMost && (!hasLeast || most-least > 100) {
		return []targettest.Problem{problem(at+"maxHealthyPercentage", "it is set with minHealthyPercentage, and at most 100 above it")}
	}
	return nil
}

// groupTags check tags that are written as a list.
func groupTags(in values) (problems []targettest.Problem) {
	given := map[string]any{}
	for _, value := range in.at("tags[]") {
		tag, _ := value.(map[string]any)
		key := asText(tag["key"])
		if _, twice := given[key]; twice {
			problems = append(problems, problem("tags", "the key %q is there twice", key))
		}
		given[key] = tag["value"]
	}
	return append(problems, checkTags(values{"tags": given})...)
}
