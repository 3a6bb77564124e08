package aws

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// action is the right that AWS says is missing: "ec2:DescribeInstances".
var action = regexp.MustCompile(`perform:? ([a-z0-9-]+:[A-Za-z]+)`)

// fault says in our words why AWS did not answer; other errors, such as those
// of the network, stay what they are.
func fault(err error) error {
	var answer smithy.APIError
	var lookup *net.DNSError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return &live.Fault{Reason: live.NotFound, Of: lookup.Name, Err: fmt.Errorf("there is no host %q", lookup.Name)}
	case !errors.As(err, &answer):
		return err
	}
	said := &live.Fault{Reason: reason(answer.ErrorCode()), Err: fmt.Errorf("%s (%s)", answer.ErrorMessage(), answer.ErrorCode())}
	if match := action.FindStringSubmatch(answer.ErrorMessage()); match != nil {
		said.Of = match[1]
	}
	return said
}

func reason(code string) live.Reason {
	switch {
	case slices.Contains([]string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}, code):
		return live.Denied
	case slices.Contains([]string{
		"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException",
		"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidAccessKeyId", "MissingAuthenticationToken",
	}, code):
		return live.Unauthenticated
	case code == "OptInRequired":
		return live.Disabled
	case strings.HasSuffix(code, ".NotFound"), strings.HasSuffix(code, ".Malformed"), code == "NoSuchEntity", code == "NoSuchResourceException":
		return live.NotFound
	}
	return ""
}
