// Command pulumi-resource-gcp is the upstream Google provider behind Pulumi's
// bridge, with the services and the resources that pulumi/gcp uses. It speaks
// to an emulator on this machine and to nothing else: tests run the program
// against the code that would run against Google Cloud.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// version is what the SDK of the main module asks for. The upstream code here
// is newer than that plugin's: its older versions are no Go module.
const version = "7.38.0"

func main() {
	info, err := provider(os.Getenv("ANYWHERE_GCP_EMULATOR"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-gcp:", err)
		os.Exit(1)
	}
	tfbridge.Main("gcp", version, info, nil)
}
