package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-provider-google/google/registry"
	_ "github.com/hashicorp/terraform-provider-google/google/services/compute"         // registers its resources
	_ "github.com/hashicorp/terraform-provider-google/google/services/resourcemanager" // registers its resources
	_ "github.com/hashicorp/terraform-provider-google/google/services/secretmanager"   // registers its resources
	"github.com/hashicorp/terraform-provider-google/google/transport"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// names are the resources of the program, upstream's name by Pulumi's.
func names() map[string]string {
	return map[string]string{
		"google_compute_network":                       "gcp:compute/network:Network",
		"google_compute_subnetwork":                    "gcp:compute/subnetwork:Subnetwork",
		"google_compute_router":                        "gcp:compute/router:Router",
		"google_compute_router_nat":                    "gcp:compute/routerNat:RouterNat",
		"google_compute_firewall":                      "gcp:compute/firewall:Firewall",
		"google_compute_address":                       "gcp:compute/address:Address",
		"google_compute_disk":                          "gcp:compute/disk:Disk",
		"google_compute_instance":                      "gcp:compute/instance:Instance",
		"google_compute_instance_group":                "gcp:compute/instanceGroup:InstanceGroup",
		"google_compute_instance_group_membership":     "gcp:compute/instanceGroupMembership:InstanceGroupMembership",
		"google_compute_region_health_check":           "gcp:compute/regionHealthCheck:RegionHealthCheck",
		"google_compute_region_backend_service":        "gcp:compute/regionBackendService:RegionBackendService",
		"google_compute_forwarding_rule":               "gcp:compute/forwardingRule:ForwardingRule",
		"google_compute_instance_template":             "gcp:compute/instanceTemplate:InstanceTemplate",
		"google_compute_region_instance_group_manager": "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager",
		"google_service_account":                       "gcp:serviceaccount/account:Account",
		"google_service_account_iam_member":            "gcp:serviceaccount/iAMMember:IAMMember",
		"google_project_iam_custom_role":               "gcp:projects/iAMCustomRole:IAMCustomRole",
		"google_project_iam_member":                    "gcp:projects/iAMMember:IAMMember",
		"google_secret_manager_secret":                 "gcp:secretmanager/secret:Secret",
		"google_secret_manager_secret_version":         "gcp:secretmanager/secretVersion:SecretVersion",
		"google_secret_manager_secret_iam_member":      "gcp:secretmanager/secretIamMember:SecretIamMember",
	}
}

// provider is the upstream provider with these resources, and how the bridge
// is to name them.
func provider(emulator string) (tfbridge.ProviderInfo, error) {
	base, err := url.Parse(emulator)
	if err != nil || base.Scheme != "http" || base.Hostname() != "127.0.0.1" {
		return tfbridge.ProviderInfo{}, fmt.Errorf("ANYWHERE_GCP_EMULATOR is %q: it must be the emulator's address on this machine, http://127.0.0.1:PORT", emulator)
	}
	upstream := &schema.Provider{
		Schema:       settings(),
		ResourcesMap: map[string]*schema.Resource{},
		ConfigureContextFunc: func(ctx context.Context, d *schema.ResourceData) (any, diag.Diagnostics) {
			return configuration(ctx, d, emulator), nil
		},
	}
	resources := map[string]*tfbridge.ResourceInfo{}
	for name, token := range names() {
		upstream.ResourcesMap[name] = registry.Resource(name)
		resources[name] = &tfbridge.ResourceInfo{Tok: tokens.Type(token)}
	}
	info := tfbridge.ProviderInfo{
		P:              sdkv2.NewProvider(upstream),
		Name:           "google",
		ResourcePrefix: "google",
		Version:        version,
		Resources:      resources,
	}
	// As in the published plugin: what is given no name gets one from its name
	// in the program.
	info.SetAutonaming(255, "-")
	return info, nil
}

// settings are those of the provider's that the program may set.
func settings() map[string]*schema.Schema {
	optional := func(of schema.ValueType) *schema.Schema { return &schema.Schema{Type: of, Optional: true} }
	labels := optional(schema.TypeMap)
	labels.Elem = &schema.Schema{Type: schema.TypeString}
	return map[string]*schema.Schema{
		"project":                         optional(schema.TypeString),
		"region":                          optional(schema.TypeString),
		"zone":                            optional(schema.TypeString),
		"billing_project":                 optional(schema.TypeString),
		"user_project_override":           optional(schema.TypeBool),
		"default_labels":                  labels,
		"add_terraform_attribution_label": optional(schema.TypeBool),
	}
}

// configuration is upstream's, made by hand: its own way asks an identity
// endpoint on the Internet who it is, for minutes.
func configuration(ctx context.Context, d *schema.ResourceData, emulator string) *transport.Config {
	config := &transport.Config{
		Project:       d.Get("project").(string),
		Region:        d.Get("region").(string),
		Zone:          d.Get("zone").(string),
		UserAgent:     "kubernetes-anywhere-test",
		DefaultLabels: map[string]string{},
		Context:       ctx,
		Client:        &http.Client{Timeout: 30 * time.Second},
		PollInterval:  20 * time.Millisecond,
		CustomEndpoints: map[string]string{
			"compute_custom_endpoint":          emulator + "/compute/v1/",
			"secret_manager_custom_endpoint":   emulator + "/secretmanager/v1/",
			"iam_beta_custom_endpoint":         emulator + "/iam/v1/",
			"resource_manager_custom_endpoint": emulator + "/cloudresourcemanager/v1/",
		},
		BatchingConfig: &transport.BatchingConfig{SendAfter: 10 * time.Millisecond},
	}
	for key, value := range d.Get("default_labels").(map[string]any) {
		config.DefaultLabels[key] = fmt.Sprint(value)
	}
	config.RequestBatcherServiceUsage = transport.NewRequestBatcher("Service Usage", ctx, config.BatchingConfig)
	config.RequestBatcherIam = transport.NewRequestBatcher("IAM", ctx, config.BatchingConfig)
	return config
}
