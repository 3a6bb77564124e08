package azure

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Observe tells how far each host is, by what boot diagnostics keep of its
// serial port. Machines of pools are those that the scale sets have now; a set
// that cannot make its machines shows as a host of the pool's name.
func (t *Target) Observe(ctx context.Context, cluster *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("reaching Azure: %w; %s", err, login)
	}
	hosts := make([]live.Machine, len(out.Hosts))
	groups, failures := make([][]live.Machine, len(out.Pools)), make([]error, len(out.Pools))
	ids := make([]string, len(hosts))
	live.Each(len(hosts)+len(groups), func(i int) {
		if i < len(hosts) {
			hosts[i], ids[i] = lookAtHost(ctx, api, out.Hosts[i])
		} else {
			n := i - len(hosts)
			groups[n], failures[n] = lookAtGroup(ctx, api, out.Pools[n])
		}
	})
	known := map[string]string{}
	for i, id := range ids {
		known[hosts[i].Key] = id
	}
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	for _, machines := range groups {
		hosts = append(hosts, machines...)
	}
	return t.watch.Look(ctx, hosts, func(ctx context.Context, m live.Machine) (string, error) {
		if id, named := known[m.Key]; named {
			return api.Console(ctx, id)
		}
		return api.Console(ctx, strings.TrimPrefix(m.Host.ProviderID, providerPrefix))
	})
}

// providerPrefix stands before an ARM id in a provider id.
const providerPrefix = "azure://"

// lookAtHost looks up a machine that the program names, and its ARM id.
func lookAtHost(ctx context.Context, api API, host target.Host) (live.Machine, string) {
	found, err := api.Instance(ctx, host.Name)
	m := live.Machine{Host: host, Key: found.Unique, Created: found.Created}
	switch {
	case live.Because(err, live.NotFound):
		m.Before = "its machine is gone; 'kubectl anywhere create' makes it again"
	case err != nil:
		m.Before = fmt.Sprintf("looking at its machine: %v", err)
	default:
		m.Before = idle(found)
	}
	return m, found.ID
}

// lookAtGroup lists the machines of a pool. That it cannot be listed is an error:
// what is not in the list would be taken for gone.
func lookAtGroup(ctx context.Context, api API, pool target.Pool) ([]live.Machine, error) {
	itself := live.Machine{Host: target.Host{Name: pool.Name, Role: node.Worker, Pool: pool.Name}, Key: pool.Group}
	found, err := api.ScaleSet(ctx, pool.Group)
	switch {
	case live.Because(err, live.NotFound):
		itself.Before = "its scale set is gone; 'kubectl anywhere create' makes it again"
		return []live.Machine{itself}, nil
	case err != nil:
		return nil, fmt.Errorf("looking at the scale set of pool %q: %w", pool.Name, err)
	}
	var machines []live.Machine
	running := 0
	for _, i := range found.Instances {
		if i.Power == "running" {
			running++
		}
		machines = append(machines, live.Machine{
			Host: target.Host{
				Name: i.Name, Role: node.Worker, Pool: pool.Name, Zone: i.Zone, ProviderID: providerPrefix + lowerGroup(i.ID),
			},
			Key:     i.Unique,
			Created: i.Created,
			Before:  idle(i),
		})
	}
	switch {
	case running >= found.Size:
	case found.Error != "":
		itself.Before = fmt.Sprintf("%d of %d machines run; Azure says: %s", running, found.Size, found.Error)
		machines = append(machines, itself)
	case len(found.Instances) < found.Size:
		itself.Before = fmt.Sprintf("%d of %d machines are made", len(found.Instances), found.Size)
		machines = append(machines, itself)
	}
	return machines, nil
}

// lowerGroup writes an ARM id as Azure's cloud controller does: with the name
// of the resource group in small letters.
func lowerGroup(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) > 4 {
		parts[4] = strings.ToLower(parts[4])
	}
	return strings.Join(parts, "/")
}

// idle says what a machine does instead of running; empty for one that runs.
func idle(i Instance) string {
	because := ""
	if i.Error != "" {
		because = ": " + i.Error
	}
	switch i.Power {
	case "running":
		return ""
	case "starting", "creating", "":
		return "its machine is being made" + because
	case "stopping", "stopped", "deallocating", "deallocated":
		how := fmt.Sprintf("'az vm start --ids %s' starts it", i.ID)
		if set, number, found := strings.Cut(i.ID, "/virtualMachines/"); found && strings.Contains(set, "/virtualMachineScaleSets/") {
			how = fmt.Sprintf("'az vmss start --ids %s --instance-ids %s' starts it", set, number)
		}
		return fmt.Sprintf("its machine is %s%s; %s", i.Power, because, how)
	}
	return fmt.Sprintf("its machine is %s%s", i.Power, because)
}
