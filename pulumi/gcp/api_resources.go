package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/iam/v1"
	"google.golang.org/api/secretmanager/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// kind is a kind of resource of Compute Engine.
type kind struct {
	// list is its collection in the API, command gcloud's words for it.
	list, command string
	// global ones stand in no region and are listed by themselves.
	global bool
	// labelled ones carry the cluster's label, whoever made them, so that the
	// cloud can pick them out; of the others all are read.
	labelled bool
}

// kinds are what the program makes, and what a cloud controller makes for
// Services and a CSI driver for volumes.
func kinds() []kind {
	return []kind{
		{list: "instances", command: "compute instances", labelled: true},
		{list: "disks", command: "compute disks", labelled: true},
		{list: "addresses", command: "compute addresses"},
		{list: "forwardingRules", command: "compute forwarding-rules"},
		{list: "backendServices", command: "compute backend-services"},
		{list: "healthChecks", command: "compute health-checks"},
		{list: "targetPools", command: "compute target-pools"},
		{list: "instanceGroups", command: "compute instance-groups unmanaged"},
		{list: "instanceGroupManagers", command: "compute instance-groups managed"},
		{list: "instanceTemplates", command: "compute instance-templates"},
		{list: "routers", command: "compute routers"},
		{list: "subnetworks", command: "compute networks subnets"},
		{list: "networks", command: "compute networks", global: true},
		{list: "firewalls", command: "compute firewall-rules", global: true},
	}
}

// object is what all kinds have in common, and what some have beside it.
type object struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Labels      map[string]string `json:"labels"`
	SelfLink    string            `json:"selfLink"`
	Zone        string            `json:"zone"`
	Region      string            `json:"region"`
	Network     string            `json:"network"`
	Target      string            `json:"target"`
	AddressType string            `json:"addressType"`
	Users       []string          `json:"users"`
	Instances   []string          `json:"instances"`
	MachineType string            `json:"machineType"`
	Type        string            `json:"type"`
	SizeGB      int               `json:"sizeGb,string"`
	Properties  struct {
		Labels map[string]string `json:"labels"`
	} `json:"properties"`
}

func (c *client) Resources(ctx context.Context) ([]Resource, error) {
	all := kinds()
	listed := make([][]object, len(all))
	accounts, secrets := []Resource(nil), []Resource(nil)
	failures := make([]error, len(all)+2)
	live.Each(len(failures), func(i int) {
		switch i {
		case len(all):
			accounts, failures[i] = c.serviceAccounts(ctx)
		case len(all) + 1:
			secrets, failures[i] = c.bundleSecrets(ctx)
		default:
			listed[i], failures[i] = c.list(ctx, all[i])
		}
	})
	for i, err := range failures {
		if live.Because(err, live.Disabled) {
			failures[i] = nil // an API that is off has nothing to be left
		}
	}
	found := map[string][]object{}
	for i, k := range all {
		found[k.list] = listed[i]
	}
	resources := slices.Concat(c.ours(found), accounts, secrets)
	return resources, errors.Join(failures...)
}

// list reads a collection, of all regions and zones.
func (c *client) list(ctx context.Context, k kind) ([]object, error) {
	where := "aggregated/" + k.list
	if k.global {
		where = "global/" + k.list
	}
	query := url.Values{"maxResults": {"500"}}
	if !k.global {
		query.Set("returnPartialSuccess", "true")
	}
	if k.labelled {
		query.Set("filter", fmt.Sprintf("labels.%s=%s", LabelKey(target.ClusterLabel), c.cluster))
	}
	var all []object
	for {
		page, next, err := c.page(ctx, where+"?"+query.Encode(), k)
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", k.command, err)
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		query.Set("pageToken", next)
	}
}

func (c *client) page(ctx context.Context, where string, k kind) ([]object, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.compute.BasePath+"projects/"+c.project+"/"+where, nil)
	if err != nil {
		return nil, "", err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, "", fault(err)
	}
	defer response.Body.Close()
	if err := googleapi.CheckResponse(response); err != nil {
		return nil, "", fault(err)
	}
	var body struct {
		Items         json.RawMessage `json:"items"`
		NextPageToken string          `json:"nextPageToken"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || len(body.Items) == 0 {
		return nil, body.NextPageToken, err
	}
	var objects []object
	if k.global {
		err = json.Unmarshal(body.Items, &objects)
		return objects, body.NextPageToken, err
	}
	var scopes map[string]map[string]json.RawMessage
	if err := json.Unmarshal(body.Items, &scopes); err != nil {
		return nil, "", err
	}
	for _, name := range slices.Sorted(maps.Keys(scopes)) {
		var some []object
		if data, found := scopes[name][k.list]; found {
			if err := json.Unmarshal(data, &some); err != nil {
				return nil, "", err
			}
		}
		objects = append(objects, some...)
	}
	return objects, body.NextPageToken, nil
}

func (c *client) serviceAccounts(ctx context.Context) ([]Resource, error) {
	var found []Resource
	err := c.accounts.Projects.ServiceAccounts.List("projects/"+c.project).PageSize(100).Pages(ctx, func(page *iam.ListServiceAccountsResponse) error {
		for _, a := range page.Accounts {
			if strings.HasPrefix(a.Description, Mark(c.cluster)) {
				found = append(found, Resource{Kind: "iam service-accounts", Name: a.Email})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing service accounts: %w", fault(err))
	}
	return found, nil
}

func (c *client) bundleSecrets(ctx context.Context) ([]Resource, error) {
	var found []Resource
	filter := fmt.Sprintf("labels.%s=%s", LabelKey(target.ClusterLabel), c.cluster)
	err := c.secrets.Projects.Secrets.List("projects/"+c.project).Filter(filter).Pages(ctx, func(page *secretmanager.ListSecretsResponse) error {
		for _, s := range page.Secrets {
			found = append(found, Resource{Kind: "secrets", Name: path.Base(s.Name)})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing secrets: %w", fault(err))
	}
	return found, nil
}
