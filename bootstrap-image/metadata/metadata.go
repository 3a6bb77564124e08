// Package metadata asks a cloud's metadata service what machine this is.
package metadata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	google "cloud.google.com/go/compute/metadata"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// attempt is how long one look may take: the service is on the machine's own
// hypervisor.
const attempt = 10 * time.Second

// Service is the metadata services of the clouds.
type Service struct {
	// Client must not go through a proxy.
	Client *http.Client
}

// New is the service of the machine this runs on.
func New() Service { return Service{Client: &http.Client{Transport: &http.Transport{Proxy: nil}}} }

// Instance is the machine as its cloud (node.GCP, node.AWS or node.Azure)
// describes it.
func (s Service) Instance(ctx context.Context, cloud string) (node.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	var instance node.Instance
	var err error
	switch cloud {
	case node.GCP:
		instance, err = s.google(ctx)
	case node.AWS:
		instance, err = s.amazon(ctx)
	case node.Azure:
		instance, err = s.azure(ctx)
	default:
		err = fmt.Errorf("there is none for %q", cloud)
	}
	if err != nil {
		return node.Instance{}, fmt.Errorf("asking the metadata service: %w", err)
	}
	return instance, nil
}

// google names machines by project, zone and name, as cloud-provider-gcp does.
func (s Service) google(ctx context.Context) (node.Instance, error) {
	client := google.NewClient(s.Client)
	answers := map[string]string{"project/project-id": "", "instance/name": "", "instance/zone": "", "instance/machine-type": ""}
	for suffix := range answers {
		answer, err := client.GetWithContext(ctx, suffix)
		if err != nil {
			return node.Instance{}, err
		}
		// Zone and type come as projects/NUMBER/zones/ZONE.
		answers[suffix] = path.Base(strings.TrimSpace(answer))
	}
	name, zone := answers["instance/name"], answers["instance/zone"]
	return node.Instance{
		Name: name, Zone: zone, Region: zone[:max(0, strings.LastIndex(zone, "-"))], Type: answers["instance/machine-type"],
		ProviderID: "gce://" + answers["project/project-id"] + "/" + zone + "/" + name,
	}, nil
}

// amazon names machines by zone and id, as cloud-provider-aws does.
func (s Service) amazon(ctx context.Context) (node.Instance, error) {
	client := imds.New(imds.Options{HTTPClient: s.Client, EnableFallback: aws.FalseTernary, Retryer: aws.NopRetryer{}})
	document, err := client.GetInstanceIdentityDocument(ctx, nil)
	if err != nil {
		return node.Instance{}, err
	}
	return node.Instance{
		Name: document.InstanceID, Zone: document.AvailabilityZone, Region: document.Region, Type: document.InstanceType,
		ProviderID: "aws:///" + document.AvailabilityZone + "/" + document.InstanceID,
	}, nil
}

// azureURL is that of the oldest version of the API with all that is read.
const azureURL = "http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01"

// resourceGroup is in every id of Azure; cloud-provider-azure writes its name
// in lower case, as the API is not constant about it.
var resourceGroup = regexp.MustCompile(`^(/subscriptions/[^/]+/)resource[gG]roups/([^/]+)(/providers/Microsoft\.Compute/.+)$`)

// azure names machines by their resource id: of a scale set that is the set's
// id and a number, of others the machine's name.
func (s Service) azure(ctx context.Context) (node.Instance, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, azureURL, nil)
	if err != nil {
		return node.Instance{}, err
	}
	request.Header.Set("Metadata", "true")
	response, err := s.Client.Do(request)
	if err != nil {
		return node.Instance{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return node.Instance{}, errors.New(response.Status)
	}
	var compute struct {
		Location  string `json:"location"`
		OSProfile struct {
			ComputerName string `json:"computerName"`
		} `json:"osProfile"`
		ResourceID string `json:"resourceId"`
		VMSize     string `json:"vmSize"`
		Zone       string `json:"zone"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&compute); err != nil {
		return node.Instance{}, err
	}
	id := resourceGroup.FindStringSubmatch(compute.ResourceID)
	if id == nil {
		return node.Instance{}, fmt.Errorf("the machine's resource id %q is of an unknown form", compute.ResourceID)
	}
	instance := node.Instance{
		Name: strings.ToLower(compute.OSProfile.ComputerName), Region: strings.ToLower(compute.Location), Type: compute.VMSize,
		ProviderID: "azure://" + id[1] + "resourceGroups/" + strings.ToLower(id[2]) + id[3],
	}
	if compute.Zone != "" {
		instance.Zone = instance.Region + "-" + compute.Zone
	}
	return instance, nil
}
