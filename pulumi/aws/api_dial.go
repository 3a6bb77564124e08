package aws

import (
	"context"
	"net"
	"os"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Bounds of one question.
const (
	callTimeout = 30 * time.Second
	dialTimeout = 10 * time.Second
	attempts    = 4
)

// dial reaches the account by the credentials that AWS's own tools find: the
// environment, a profile, a login, or the machine's own role.
func dial(ctx context.Context, cluster *config.Cluster) (API, error) {
	region := block(cluster).Region
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(region),
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(callTimeout).WithDialerOptions(func(d *net.Dialer) {
			d.Timeout = dialTimeout
		})),
		awsconfig.WithRetryMaxAttempts(attempts),
	}
	if !onAmazon() {
		// Anywhere else nothing answers at the metadata address, slowly.
		options = append(options, awsconfig.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, &live.Fault{Reason: live.Unauthenticated, Err: err}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, &live.Fault{Reason: live.Unauthenticated, Err: err}
	}
	return newClient(cfg, cluster), nil
}

// onAmazon tells whether this is a machine of AWS's, by what its firmware says
// or by the address that tests and containers give.
func onAmazon() bool {
	if os.Getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT") != "" {
		return true
	}
	vendor, err := os.ReadFile("/sys/class/dmi/id/sys_vendor")
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(vendor)), "Amazon")
}

// identityRegion is where the account is asked who one is. Most regions can
// be switched off, and refuse then whoever asks; this one cannot.
func identityRegion(region string) string {
	for _, apart := range []string{"cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"} {
		if strings.HasPrefix(region, apart) {
			return region
		}
	}
	return "us-east-1"
}

// inRegion is a config for another region.
func inRegion(cfg awssdk.Config, region string) awssdk.Config {
	cfg = cfg.Copy()
	cfg.Region = region
	return cfg
}
