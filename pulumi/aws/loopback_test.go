package aws

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// loopback answers on this machine in AWS's own shape, by the name of the
// action: a body, a failure, or a function of the question.
type loopback struct {
	mu      sync.Mutex
	answers map[string]any
	unknown []string
}

// failure is an answer that is an error, in the form of the action's protocol.
type failure struct {
	status        int
	code, message string
}

type question = func(form url.Values) string

// machineXML is an instance as EC2 lists it.
func machineXML(id, kind, state, zone string) string {
	return fmt.Sprintf(`<item><instancesSet><item><instanceId>%s</instanceId><instanceType>%s</instanceType><instanceState><code>16</code><name>%s</name></instanceState>
		<placement><availabilityZone>%s</availabilityZone></placement><privateIpAddress>10.240.0.9</privateIpAddress>
		<cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore></cpuOptions></item></instancesSet></item>`, id, kind, state, zone)
}

// simulated answers as IAM's policy simulator does, two actions at a time:
// what is denied, and what it cannot tell for a condition.
func simulated(denied ...string) question {
	return func(form url.Values) string {
		begin, _ := strconv.Atoi(form.Get("Marker")) // none is the first
		var results strings.Builder
		for i := begin + 1; i <= begin+2; i++ {
			action, decision, missing := form.Get(fmt.Sprintf("ActionNames.member.%d", i)), "allowed", ""
			if action == "" {
				break
			}
			if slices.Contains(denied, action) {
				decision = "implicitDeny"
			}
			if slices.Contains(denied, action+" if") {
				decision, missing = "implicitDeny", "<member>aws:PrincipalTag/team</member>"
			}
			fmt.Fprintf(&results, `<member><EvalActionName>%s</EvalActionName><EvalResourceName>%s</EvalResourceName><EvalDecision>%s</EvalDecision><MissingContextValues/>
				<ResourceSpecificResults><member><EvalResourceName>%[2]s</EvalResourceName><EvalResourceDecision>%[3]s</EvalResourceDecision><MissingContextValues>%s</MissingContextValues></member></ResourceSpecificResults></member>`,
				action, form.Get("ResourceArns.member.1"), decision, missing)
		}
		more := ""
		if form.Get(fmt.Sprintf("ActionNames.member.%d", begin+3)) != "" {
			more = fmt.Sprintf(`<IsTruncated>true</IsTruncated><Marker>%d</Marker>`, begin+2)
		}
		return `<SimulatePrincipalPolicyResult><EvaluationResults>` + results.String() + `</EvaluationResults>` + more + `</SimulatePrincipalPolicyResult>`
	}
}

func newLoopback() *loopback {
	zone := func(name, state string) string {
		return fmt.Sprintf(`<item><zoneName>%s</zoneName><zoneState>%s</zoneState><optInStatus>opt-in-not-required</optInStatus></item>`, name, state)
	}
	offer := func(zone string) string {
		return fmt.Sprintf(`<item><instanceType>m6i.large</instanceType><locationType>availability-zone</locationType><location>%s</location></item>`, zone)
	}
	return &loopback{answers: map[string]any{
		"GetCallerIdentity":             `<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/someone</Arn><UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult>`,
		"DescribeAvailabilityZones":     `<availabilityZoneInfo>` + zone("us-east-2a", "available") + zone("us-east-2b", "available") + zone("us-east-2c", "available") + `</availabilityZoneInfo>`,
		"DescribeInstanceTypes":         `<instanceTypeSet><item><instanceType>m6i.large</instanceType><vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><processorInfo><supportedArchitectures><item>x86_64</item></supportedArchitectures></processorInfo></item></instanceTypeSet>`,
		"DescribeInstanceTypeOfferings": `<instanceTypeOfferingSet>` + offer("us-east-2a") + offer("us-east-2b") + offer("us-east-2c") + `</instanceTypeOfferingSet>`,
		"DescribeInstances":             `<reservationSet>` + machineXML("i-9", "m5.large", "running", "us-east-2a") + machineXML("i-8", "p5.48xlarge", "running", "us-east-2a") + `</reservationSet>`,
		"DescribeVolumes":               `<volumeSet><item><volumeId>vol-9</volumeId><size>100</size></item></volumeSet>`,
		"DescribeAddresses":             `<addressesSet/>`,
		"DescribeVpcs":                  `<vpcSet><item><vpcId>vpc-default</vpcId></item></vpcSet>`,
		"DescribeTags":                  `<tagSet/>`,
		"DescribeNatGateways":           `<natGatewaySet/>`,
		"DescribeAutoScalingGroups":     `<DescribeAutoScalingGroupsResult><AutoScalingGroups/></DescribeAutoScalingGroupsResult>`,
		"GetServiceQuota":               `{"Quota": {"Value": 16}}`,
		"GetResources":                  `{"ResourceTagMappingList": []}`,
		"SimulatePrincipalPolicy":       simulated(),
		"GetRole":                       failure{404, "NoSuchEntity", "The role cannot be found."},
		"GetInstanceProfile":            failure{404, "NoSuchEntity", "The profile cannot be found."},
	}}
}

func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	_, action, inJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !inJSON {
		action = r.PostForm.Get("Action")
	}
	l.mu.Lock()
	answer, found := l.answers[action]
	if !found {
		l.unknown = append(l.unknown, action)
	}
	l.mu.Unlock()
	if ask, asks := answer.(question); asks {
		answer = ask(r.PostForm)
	}
	switch answer := answer.(type) {
	case failure:
		w.WriteHeader(answer.status)
		switch {
		case inJSON:
			fmt.Fprintf(w, `{"__type": %q, "message": %q}`, answer.code, answer.message)
		case strings.HasPrefix(action, "Describe") || action == "GetConsoleOutput":
			fmt.Fprintf(w, `<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r</RequestID></Response>`, answer.code, answer.message)
		default:
			fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, answer.code, answer.message)
		}
	case string:
		if inJSON {
			fmt.Fprint(w, answer)
		} else {
			fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><%[1]sResponse>%[2]s</%[1]sResponse>`, action, answer)
		}
	default:
		w.WriteHeader(http.StatusBadRequest)
	}
}

// serve makes a target that asks this AWS by its own libraries.
func (l *loopback) serve(t *testing.T) *Target {
	t.Helper()
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	cfg := awssdk.Config{
		Region: "us-east-2", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer: func() awssdk.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, time.Millisecond })
		},
	}
	return impatient(func(_ context.Context, cluster *config.Cluster) (API, error) { return newClient(cfg, cluster), nil })
}
