package aws

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leftBehind is an account after a delete that left something of everything,
// and what AWS lists for a while although it is gone.
func leftBehind() *loopback {
	l := newLoopback()
	l.answers["DescribeTags"] = question(func(form url.Values) string {
		item := func(kind, id string) string {
			return fmt.Sprintf(`<item><resourceId>%s</resourceId><resourceType>%s</resourceType></item>`, id, kind)
		}
		switch form.Get("Filter.1.Value.1") + " " + form.Get("Filter.2.Value.1") {
		case "kubernetes-anywhere.cluster demo":
			return `<tagSet>` + item("vpc", "vpc-1") + item("instance", "i-gone") + item("instance", "i-1") + item("natgateway", "nat-gone") +
				item("volume", "vol-1") + item("security-group-rule", "sgr-1") + item("elastic-ip", "eipalloc-1") + `</tagSet>`
		case "kubernetes.io/cluster/demo owned":
			return `<tagSet>` + item("volume", "vol-pvc") + item("security-group", "sg-elb") + item("volume", "vol-1") + `</tagSet>`
		}
		return `<tagSet/>`
	})
	l.answers["DescribeInstances"] = question(func(form url.Values) string {
		if form.Get("Filter.1.Name") == "tag:kubernetes-anywhere.cluster" {
			return `<reservationSet>` + machineXML("i-1", "m6i.large", "stopped", "us-east-2a") + `</reservationSet>`
		}
		return `<reservationSet/>`
	})
	l.answers["DescribeAutoScalingGroups"] = `<DescribeAutoScalingGroupsResult><AutoScalingGroups><member><AutoScalingGroupName>demo-workers</AutoScalingGroupName></member></AutoScalingGroups></DescribeAutoScalingGroupsResult>`
	arns := []string{
		"arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/net/api-demo/1", "arn:aws:elasticloadbalancing:us-east-2:123456789012:listener/net/api-demo/1/2",
		"arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/a1b2", "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/api-demo/3",
		"arn:aws:secretsmanager:us-east-2:123456789012:secret:kubernetes-anywhere/demo/workers/bundle-AbCdEf",
	}
	var mappings []map[string]string
	for _, arn := range arns {
		mappings = append(mappings, map[string]string{"ResourceARN": arn})
	}
	data, _ := json.Marshal(map[string]any{"ResourceTagMappingList": mappings})
	l.answers["GetResources"] = string(data)
	l.answers["GetRole"] = question(func(form url.Values) string {
		return "<GetRoleResult><Role><RoleName>" + form.Get("RoleName") + "</RoleName></Role></GetRoleResult>"
	})
	return l
}

func TestAPI_ListsWhatTheProgramAndTheControllersLeft(t *testing.T) {
	left, err := leftBehind().serve(t).Leftovers(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"aws autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name demo-workers --region us-east-2",
		"aws ec2 delete-security-group --group-id sg-elb --region us-east-2",
		"aws ec2 delete-volume --volume-id vol-1 --region us-east-2",
		"aws ec2 delete-volume --volume-id vol-pvc --region us-east-2",
		"aws ec2 delete-vpc --vpc-id vpc-1 --region us-east-2",
		"aws ec2 release-address --allocation-id eipalloc-1 --region us-east-2",
		"aws ec2 terminate-instances --instance-ids i-1 --region us-east-2",
		"aws elb delete-load-balancer --load-balancer-name a1b2 --region us-east-2",
		"aws elbv2 delete-load-balancer --load-balancer-arn arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/net/api-demo/1 --region us-east-2",
		"aws elbv2 delete-target-group --target-group-arn arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/api-demo/3 --region us-east-2",
		"aws iam delete-role --role-name demo-us-east-2-control-plane",
		"aws iam delete-role --role-name demo-us-east-2-worker",
		"aws secretsmanager delete-secret --force-delete-without-recovery --secret-id arn:aws:secretsmanager:us-east-2:123456789012:secret:kubernetes-anywhere/demo/workers/bundle-AbCdEf --region us-east-2",
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

func TestAPI_ProvesNothingWhereAListIsRefused(t *testing.T) {
	for action, code := range map[string]string{"GetResources": "AccessDeniedException", "GetRole": "AccessDenied", "DescribeTags": "UnauthorizedOperation"} {
		l := leftBehind()
		l.answers[action] = failure{403, code, "not authorized to perform: some:Right"}
		left, err := l.serve(t).Leftovers(t.Context(), testCluster(nil))
		if err == nil || !strings.Contains(err.Error(), "some:Right") || len(left) == 0 {
			t.Errorf("%s refused: got %v, %v", action, left, err)
		}
	}
}

// Who may not ask what they may do, or has no policies, is not refused for it.
