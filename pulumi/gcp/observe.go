package gcp

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Observe tells how far each host is, by what it writes to its serial port.
// Machines of pools are those that the groups have now; a group that cannot
// make its machines shows as a host of the pool's name.
func (t *Target) Observe(ctx context.Context, cluster *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("reaching Google Cloud: %w; log in: gcloud auth application-default login", err)
	}
	project := block(cluster).Project
	hosts := make([]live.Machine, len(out.Hosts))
	groups, failures := make([][]live.Machine, len(out.Pools)), make([]error, len(out.Pools))
	live.Each(len(hosts)+len(groups), func(i int) {
		if i < len(hosts) {
			hosts[i] = lookAtHost(ctx, api, project, out.Hosts[i])
		} else {
			n := i - len(hosts)
			groups[n], failures[n] = lookAtGroup(ctx, api, project, out.Pools[n])
		}
	})
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	for _, machines := range groups {
		hosts = append(hosts, machines...)
	}
	return t.watch.Look(ctx, hosts, func(ctx context.Context, m live.Machine) (string, error) {
		return api.Console(ctx, m.Host.Zone, m.Host.Name)
	})
}

// lookAtHost looks up a machine that the program names.
func lookAtHost(ctx context.Context, api API, project string, host target.Host) live.Machine {
	found, err := api.Instance(ctx, host.Zone, host.Name)
	m := live.Machine{Host: host, Key: found.ID, Created: found.Created}
	switch {
	case live.Because(err, live.NotFound):
		m.Before = "its instance is gone; 'kubectl anywhere create' makes it again"
	case err != nil:
		m.Before = fmt.Sprintf("looking at its instance: %v", err)
	default:
		m.Before = idle(found, project)
	}
	return m
}

// lookAtGroup lists the machines of a pool. That it cannot be listed is an error:
// what is not in the list would be taken for gone.
func lookAtGroup(ctx context.Context, api API, project string, pool target.Pool) ([]live.Machine, error) {
	itself := live.Machine{Host: target.Host{Name: pool.Name, Role: node.Worker, Pool: pool.Name}, Key: pool.Group}
	found, err := api.Group(ctx, pool.Group)
	switch {
	case live.Because(err, live.NotFound):
		itself.Before = "its instance group is gone; 'kubectl anywhere create' makes it again"
		return []live.Machine{itself}, nil
	case err != nil:
		return nil, fmt.Errorf("looking at the instance group of pool %q: %w", pool.Name, err)
	}
	var machines []live.Machine
	running := 0
	for _, i := range found.Instances {
		if i.Status == "RUNNING" {
			running++
		}
		machines = append(machines, live.Machine{
			Host: target.Host{
				Name: i.Name, Role: node.Worker, Pool: pool.Name, Zone: i.Zone,
				ProviderID: fmt.Sprintf("gce://%s/%s/%s", project, i.Zone, i.Name),
			},
			Key:    i.ID,
			Before: idle(i, project),
		})
	}
	switch {
	case running >= found.Size:
	case found.Error != "":
		itself.Before = fmt.Sprintf("%d of %d machines run; Google Cloud says: %s", running, found.Size, found.Error)
		machines = append(machines, itself)
	case len(found.Instances) < found.Size:
		itself.Before = fmt.Sprintf("%d of %d machines are made", len(found.Instances), found.Size)
		machines = append(machines, itself)
	}
	return machines, nil
}

// idle says what an instance does instead of running; empty for one that runs.
func idle(i Instance, project string) string {
	because := ""
	if i.Error != "" {
		because = ": " + i.Error
	}
	switch i.Status {
	case "RUNNING":
		return ""
	case "PROVISIONING", "STAGING", "CREATING", "CREATING_WITHOUT_RETRIES", "RECREATING", "":
		return "its instance is being made" + because
	case "REPAIRING", "PENDING", "PENDING_STOP":
		return "its instance is being repaired or stopped by Google Cloud" + because
	case "STOPPING", "STOPPED", "TERMINATED", "SUSPENDING", "SUSPENDED":
		verb := "start"
		if i.Status == "SUSPENDING" || i.Status == "SUSPENDED" {
			verb = "resume"
		}
		return fmt.Sprintf("its instance is %s%s; 'gcloud compute instances %s %s --zone %s --project %s' starts it", i.Status, because, verb, i.Name, i.Zone, project)
	}
	return fmt.Sprintf("its instance is %s%s", i.Status, because)
}
