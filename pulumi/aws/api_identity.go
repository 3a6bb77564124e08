package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// identities are the roles and instance profiles of the cluster. No list of
// tagged things holds roles, so they are asked for by their names.
func (c *client) identities(ctx context.Context) ([]Resource, error) {
	var all []Resource
	for _, role := range []string{node.ControlPlane, node.Worker} {
		name := roleName(c.cluster, c.region, role)
		for _, q := range []struct{ kind, action, parameter string }{
			{"role", "GetRole", "RoleName"}, {"instance-profile", "GetInstanceProfile", "InstanceProfileName"},
		} {
			err := c.iam(ctx, url.Values{"Action": {q.action}, q.parameter: {name}, "Version": {"2010-05-08"}}, nil)
			switch {
			case err == nil:
				all = append(all, Resource{Kind: q.kind, ID: name})
			case !live.Because(err, live.NotFound):
				return all, fmt.Errorf("looking for %s %q: %w", q.kind, name, err)
			}
		}
	}
	return all, nil
}

// longestAnswer is how many bytes of an answer are read: a simulation says of
// each action which policies decide, a few KB.
const longestAnswer = 1 << 20

// iam asks IAM one thing, and reads the answer into a value unless that is nil.
// Its Query protocol is a signed form and an answer in
// XML, for which its library's 6 MB are not worth having.
func (c *client) iam(ctx context.Context, form url.Values, into any) error {
	home := identityRegion(c.region)
	endpoint := "https://iam.amazonaws.com/"
	if home != "us-east-1" {
		endpoint = "https://iam." + home + ".amazonaws.com/"
		if strings.HasPrefix(home, "cn-") {
			home, endpoint = "cn-north-1", "https://iam.cn-north-1.amazonaws.com.cn/"
		}
	}
	if c.cfg.BaseEndpoint != nil {
		endpoint = *c.cfg.BaseEndpoint
	}
	body := form.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return &live.Fault{Reason: live.Unauthenticated, Err: err}
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), "iam", home, time.Now()); err != nil {
		return fmt.Errorf("signing a question to IAM: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fault(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err == nil && response.StatusCode == http.StatusOK {
		if into == nil {
			return nil
		}
		if err := xml.Unmarshal(data, into); err != nil {
			return fmt.Errorf("reading IAM's answer: %w", err)
		}
		return nil
	}
	var answer struct {
		Error struct{ Code, Message string }
	}
	if err != nil || xml.Unmarshal(data, &answer) != nil || answer.Error.Code == "" {
		return fmt.Errorf("IAM answers %s", response.Status)
	}
	return fault(&smithy.GenericAPIError{Code: answer.Error.Code, Message: answer.Error.Message})
}
