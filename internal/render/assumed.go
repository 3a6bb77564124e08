package render

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// assumed are the outputs of a resource that does not exist: its inputs, and a
// stand-in for each that only the cloud knows and a program asks for.
func assumed(cluster string, args pulumi.MockResourceArgs) resource.PropertyMap {
	kind := strings.ToLower(args.TypeToken[strings.LastIndex(args.TypeToken, ":")+1:])
	link := kind + "/" + args.Name
	outputs := resource.PropertyMap{}
	for key, value := range map[string]string{
		"selfLink":      link,
		"allocationId":  "eipalloc-" + args.Name,
		"instanceGroup": link + "/instances",
		"arn":           "arn:aws:" + link,
		"email":         args.Name + "@accounts.assumed.example",
		"dnsName":       args.Name + ".assumed.example",
		"address":       addressOf(cluster, args.Name),
		"ipAddress":     addressOf(cluster, args.Name),
		"privateIp":     addressOf(cluster, args.Name),
		"publicIp":      addressOf(cluster, args.Name),
		"clientId":      uuidOf("client " + args.Name),
		"principalId":   uuidOf("principal " + args.Name),
		"tenantId":      uuidOf("tenant"),
		"name":          nameIn(args.Inputs, kind, args.Name),
	} {
		outputs[resource.PropertyKey(key)] = resource.NewProperty(value)
	}
	// Launch templates count their versions.
	outputs["latestVersion"] = resource.NewProperty(1.0)
	maps.Copy(outputs, args.Inputs)
	return outputs
}

// addressOf is an address of TEST-NET-1 for a control plane, of TEST-NET-2 for
// everything else (RFC 5737).
func addressOf(cluster, name string) string {
	for n := range target.MostControlPlanes {
		if name == target.ControlPlaneName(cluster, n+1) {
			return fmt.Sprintf("192.0.2.%d", n+1)
		}
	}
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("198.51.100.%d", 1+int(sum[0])%254)
}

func uuidOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	text := fmt.Sprintf("%x", sum)
	return text[:8] + "-" + text[8:12] + "-4" + text[13:16] + "-8" + text[17:20] + "-" + text[20:32]
}

// nameIn is the name that a resource is given by an input called after its
// kind, as Azure's are: resourceGroupName, vaultName.
func nameIn(inputs resource.PropertyMap, kind, otherwise string) string {
	for key, value := range inputs {
		if strings.EqualFold(string(key), kind+"Name") && value.IsString() {
			return value.StringValue()
		}
	}
	return otherwise
}
