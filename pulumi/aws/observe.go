package aws

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Observe tells how far each host is, by what it writes to its console.
// Machines of pools are those that the groups have now; a group that cannot
// make its machines shows as a host of the pool's name.
func (t *Target) Observe(ctx context.Context, cluster *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("reaching AWS: %w; %s", err, login())
	}
	region := block(cluster).Region
	groups, failures := make([][]live.Machine, len(out.Pools)), make([]error, len(out.Pools))
	var machines []live.Machine
	live.Each(len(groups)+1, func(i int) {
		if i < len(groups) {
			groups[i], failures[i] = lookAtGroup(ctx, api, region, out.Pools[i])
		} else {
			machines = lookAtHosts(ctx, api, region, out.Hosts)
		}
	})
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	for _, group := range groups {
		machines = append(machines, group...)
	}
	return t.watch.Look(ctx, machines, func(ctx context.Context, m live.Machine) (string, error) {
		return api.Console(ctx, m.Key)
	})
}

// lookAtHosts looks up, in one question, the machines that the program names.
// AWS knows them by the ids at the end of aws:///ZONE/i-….
func lookAtHosts(ctx context.Context, api API, region string, hosts []target.Host) []live.Machine {
	if len(hosts) == 0 {
		return nil
	}
	var ids []string
	for _, h := range hosts {
		ids = append(ids, path.Base(h.ProviderID))
	}
	found, err := api.Instances(ctx, ids)
	machines := make([]live.Machine, len(hosts))
	for i, h := range hosts {
		machines[i] = live.Machine{Host: h, Key: ids[i]}
		at := slices.IndexFunc(found, func(one Instance) bool { return one.ID == ids[i] })
		switch {
		case err != nil:
			machines[i].Before = fmt.Sprintf("looking at its instance: %v", err)
		case at < 0 || found[at].State == "terminated":
			machines[i].Before = fmt.Sprintf("its instance %s is gone; 'kubectl anywhere create' makes it again", ids[i])
		default:
			machines[i].Created, machines[i].Before = found[at].Created, idle(found[at], region)
		}
	}
	return machines
}

// lookAtGroup lists the machines of a pool. That it cannot be listed is an error:
// what is not in the list would be taken for gone.
func lookAtGroup(ctx context.Context, api API, region string, pool target.Pool) ([]live.Machine, error) {
	itself := live.Machine{Host: target.Host{Name: pool.Name, Role: node.Worker, Pool: pool.Name}, Key: pool.Group}
	found, err := api.Group(ctx, pool.Group)
	switch {
	case live.Because(err, live.NotFound):
		itself.Before = "its auto scaling group is gone; 'kubectl anywhere create' makes it again"
		return []live.Machine{itself}, nil
	case err != nil:
		return nil, fmt.Errorf("looking at the auto scaling group of pool %q: %w", pool.Name, err)
	}
	var machines []live.Machine
	running := 0
	for _, i := range found.Instances {
		if i.State == "running" {
			running++
		}
		machines = append(machines, live.Machine{
			Host: target.Host{
				Name: i.ID, Role: node.Worker, Pool: pool.Name, Zone: i.Zone, Address: i.Address,
				ProviderID: fmt.Sprintf("aws:///%s/%s", i.Zone, i.ID),
			},
			Key:     i.ID,
			Created: i.Created,
			Before:  idle(i, region),
		})
	}
	switch {
	case running >= found.Size:
	case found.Error != "":
		itself.Before = fmt.Sprintf("%d of %d machines run; AWS says: %s", running, found.Size, found.Error)
		machines = append(machines, itself)
	case len(found.Instances) < found.Size:
		itself.Before = fmt.Sprintf("%d of %d machines are made", len(found.Instances), found.Size)
		machines = append(machines, itself)
	}
	return machines, nil
}

// idle says what an instance does instead of running; empty for one that runs.
func idle(i Instance, region string) string {
	because := ""
	if i.Reason != "" {
		because = ": " + i.Reason
	}
	switch i.State {
	case "running":
		return ""
	case "pending", "":
		return "its instance is being made" + because
	case "stopping", "stopped":
		return fmt.Sprintf("its instance is %s%s; 'aws ec2 start-instances --region %s --instance-ids %s' starts it", i.State, because, region, i.ID)
	}
	return fmt.Sprintf("its instance is %s%s", i.State, because)
}
