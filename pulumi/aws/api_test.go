package aws

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestAPI_FindsNothingWrongWithAHealthyAccount(t *testing.T) {
	l := newLoopback()
	if problems := l.serve(t).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	if len(l.unknown) > 0 {
		t.Errorf("it asked for what is not there: %v", l.unknown)
	}
}

func TestAPI_TellsFaultsApart(t *testing.T) {
	for name, test := range map[string]struct {
		answers            map[string]any
		path, message, fix string
		several            bool
	}{
		"credentials refused": {
			answers: map[string]any{"GetCallerIdentity": failure{403, "InvalidClientTokenId", "The security token included in the request is invalid."}},
			message: "is invalid", fix: "aws sso login",
		},
		"credentials that ran out": {
			answers: map[string]any{"GetCallerIdentity": failure{403, "ExpiredToken", "The security token included in the request is expired"}},
			message: "is expired", fix: "aws sso login",
		},
		"region switched off": {
			answers: map[string]any{"DescribeAvailabilityZones": failure{401, "AuthFailure", "AWS was not able to validate the provided access credentials"}},
			path:    "spec.aws.region", message: "is not enabled for the account", fix: "aws account enable-region --region-name us-east-2",
		},
		"account not signed up": {
			answers: map[string]any{"DescribeAvailabilityZones": failure{403, "OptInRequired", "You are not subscribed to this service."}},
			path:    "spec.aws.region", message: "OptInRequired", fix: "another region",
		},
		"right missing": {
			answers: map[string]any{"DescribeAvailabilityZones": failure{403, "UnauthorizedOperation", "You are not authorized to perform this operation. User: someone is not authorized to perform: ec2:DescribeAvailabilityZones because no identity-based policy allows it"}},
			message: "arn:aws:iam::123456789012:user/someone may not", fix: "have ec2:DescribeAvailabilityZones allowed",
		},
		"rights on roles missing": {
			answers: map[string]any{"SimulatePrincipalPolicy": simulated("iam:CreateRole", "iam:PassRole", "iam:TagRole if")},
			message: "hosts are to have: iam:CreateRole, iam:PassRole", fix: "attach-user-policy --user-name someone",
		},
		"rights missing in a session of a role": {
			answers: map[string]any{
				"GetCallerIdentity": `<GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/builder/ci</Arn></GetCallerIdentityResult>`,
				"GetRole": question(func(form url.Values) string {
					return "<GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/teams/" + form.Get("RoleName") + "</Arn></Role></GetRoleResult>"
				}),
				"SimulatePrincipalPolicy": question(func(form url.Values) string {
					if form.Get("PolicySourceArn") != "arn:aws:iam::123456789012:role/teams/builder" {
						return "" // nothing is denied
					}
					return simulated("iam:PassRole")(form)
				}),
			},
			message: "hosts are to have: iam:PassRole", fix: "attach-role-policy --role-name builder",
		},
		"machine type that does not exist": {
			answers: map[string]any{"DescribeInstanceTypes": `<instanceTypeSet/>`},
			path:    "spec.controlPlane.machine.type", message: "no machine type", fix: "describe-instance-type-offerings", several: true,
		},
		"machine type not offered": {
			answers: map[string]any{"DescribeInstanceTypeOfferings": `<instanceTypeOfferingSet><item><instanceType>m6i.large</instanceType><location>us-east-2b</location></item></instanceTypeOfferingSet>`},
			path:    "spec.pools[0].machine.type", message: "not offered in us-east-2a, us-east-2c", fix: "spec.pools[0].machine.zones us-east-2b", several: true,
		},
		"zone down": {
			answers: map[string]any{"DescribeAvailabilityZones": `<availabilityZoneInfo><item><zoneName>us-east-2a</zoneName><zoneState>available</zoneState></item>
				<item><zoneName>us-east-2b</zoneName><zoneState>impaired</zoneState><messageSet><item><message>a flood</message></item></messageSet></item>
				<item><zoneName>us-east-2c</zoneName><zoneState>available</zoneState><optInStatus>opted-in</optInStatus></item></availabilityZoneInfo>`},
			path: "spec.aws.zones[1]", message: "is impaired: a flood", fix: "leave it out",
		},
		"quota short": {
			answers: map[string]any{"GetServiceQuota": `{"Quota": {"Value": 7}}`},
			path:    "spec.controlPlane.machine.type", message: "2 of 7 are in use, and the plan takes 6 more", fix: "--quota-code L-1216C47A --desired-value 8",
		},
		"quota never changed": {
			answers: map[string]any{"GetServiceQuota": failure{400, "NoSuchResourceException", "no such quota"}, "GetAWSDefaultServiceQuota": `{"Quota": {"Value": 5}}`},
			path:    "spec.controlPlane.machine.type", message: "2 of 5 are in use", fix: "--desired-value 8",
		},
		"no subnet, no network": {
			answers: map[string]any{"DescribeVpcs": failure{400, "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"}},
			message: "does not exist", fix: "curl",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoopback()
			for action, answer := range test.answers {
				l.answers[action] = answer
			}
			problems := l.serve(t).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
			livetest.Expect(t, problems, test.path, test.message, test.fix)
			if !test.several && len(problems) != 1 {
				t.Errorf("%d problems, want one:\n%s", len(problems), livetest.Listed(problems))
			}
		})
	}
}

func TestAPI_AsksAgainWhatAWSIsTooBusyFor(t *testing.T) {
	l := newLoopback()
	healthy, busy := l.answers["DescribeAvailabilityZones"], 2
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if l.mu.Lock(); r.PostForm.Get("Action") == "DescribeAvailabilityZones" && busy > 0 {
			busy--
			l.answers["DescribeAvailabilityZones"] = failure{503, "RequestLimitExceeded", "Request limit exceeded."}
		} else {
			l.answers["DescribeAvailabilityZones"] = healthy
		}
		l.mu.Unlock()
		l.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	cfg := awssdk.Config{
		Region: "us-east-2", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer: func() awssdk.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, time.Millisecond })
		},
	}
	zones, err := newClient(cfg, testCluster(nil)).Zones(t.Context())
	if err != nil || len(zones) != 3 {
		t.Errorf("got %v, %v", zones, err)
	}
}

func TestAPI_ReadsGroupsAndConsoles(t *testing.T) {
	l := newLoopback()
	l.answers["DescribeInstances"] = question(func(form url.Values) string {
		if form.Get("Filter.1.Value.1") == "i-1" {
			return `<reservationSet>` + machineXML("i-1", "m6i.large", "running", "us-east-2a") + `</reservationSet>`
		}
		return `<reservationSet>` + machineXML("i-2", "m6i.large", "running", "us-east-2b") + `</reservationSet>`
	})
	l.answers["DescribeAutoScalingGroups"] = `<DescribeAutoScalingGroupsResult><AutoScalingGroups><member><AutoScalingGroupName>demo-workers</AutoScalingGroupName>
		<DesiredCapacity>3</DesiredCapacity><Instances><member><InstanceId>i-2</InstanceId></member></Instances></member></AutoScalingGroups></DescribeAutoScalingGroupsResult>`
	l.answers["DescribeScalingActivities"] = `<DescribeScalingActivitiesResult><Activities>
		<member><StartTime>2026-11-22T10:00:00Z</StartTime><StatusCode>Successful</StatusCode></member>
		<member><StartTime>2026-11-22T10:01:00Z</StartTime><StatusCode>Failed</StatusCode><StatusMessage>Could not launch: VcpuLimitExceeded</StatusMessage></member>
		</Activities></DescribeScalingActivitiesResult>`
	l.answers["GetConsoleOutput"] = question(func(form url.Values) string {
		text := workingConsole
		if form.Get("InstanceId") == "i-2" {
			text = doneConsole
		}
		return "<output>" + base64.StdEncoding.EncodeToString([]byte(text)) + "</output>"
	})
	_, out := running()
	seen, err := l.serve(t).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 3 {
		t.Fatalf("%d seen, %v", len(seen), err)
	}
	if s := seen[0].Status; s == nil || s.N != 3 {
		t.Errorf("the control plane: %+v", seen[0])
	}
	if s := seen[1].Status; s == nil || s.State != node.Done || seen[1].Host.ProviderID != "aws:///us-east-2b/i-2" {
		t.Errorf("the first worker: %+v", seen[1])
	}
	if !strings.Contains(seen[2].Before, "1 of 3 machines run; AWS says: Could not launch: VcpuLimitExceeded") {
		t.Errorf("the group: %+v", seen[2])
	}
}

func TestAPI_ReadsWhatOldMachinesWroteAtBoot(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if r.PostForm.Get("Latest") == "true" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<Response><Errors><Error><Code>UnsupportedOperation</Code><Message>This instance type does not support retrieving the latest console logs</Message></Error></Errors></Response>`)
			return
		}
		fmt.Fprintf(w, `<GetConsoleOutputResponse><output>%s</output></GetConsoleOutputResponse>`, base64.StdEncoding.EncodeToString([]byte(doneConsole)))
	}))
	t.Cleanup(server.Close)
	cfg := awssdk.Config{Region: "us-east-2", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}
	text, err := newClient(cfg, testCluster(nil)).Console(t.Context(), "i-1")
	if err != nil || text != doneConsole {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestAPI_WaitsForNothingOnAnOldMachineWhoseConsoleForgot(t *testing.T) {
	l := newLoopback()
	old := strings.Replace(machineXML("i-1", "m6i.large", "running", "us-east-2a"), "<cpuOptions>",
		"<blockDeviceMapping><item><ebs><attachTime>2026-01-02T03:04:05Z</attachTime></ebs></item></blockDeviceMapping><cpuOptions>", 1)
	l.answers["DescribeInstances"] = "<reservationSet>" + old + "</reservationSet>"
	l.answers["GetConsoleOutput"] = "<output></output>"
	_, out := running()
	out.Pools = nil
	seen, err := l.serve(t).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 1 || seen[0].Before != "" {
		t.Errorf("got %+v, %v", seen, err)
	}
}

func TestAPI_LetsPassWhoseRightsAWSDoesNotTell(t *testing.T) {
	all := simulated("iam:PassRole")
	for name, answers := range map[string]map[string]any{
		"may not ask":            {"SimulatePrincipalPolicy": failure{403, "AccessDenied", "User: someone is not authorized to perform: iam:SimulatePrincipalPolicy"}},
		"may not see the role":   {"GetCallerIdentity": `<GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/a/b</Arn></GetCallerIdentityResult>`, "SimulatePrincipalPolicy": all},
		"the root of an account": {"GetCallerIdentity": `<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult>`, "SimulatePrincipalPolicy": all},
		"a federated user":       {"GetCallerIdentity": `<GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:federated-user/x</Arn></GetCallerIdentityResult>`, "SimulatePrincipalPolicy": all},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoopback()
			for action, answer := range answers {
				l.answers[action] = answer
			}
			if problems := l.serve(t).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
				t.Error(livetest.Listed(problems))
			}
		})
	}
}
