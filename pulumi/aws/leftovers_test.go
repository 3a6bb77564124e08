package aws

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeftovers_AreCommandsInOrder(t *testing.T) {
	api := healthyAPI()
	api.resources = []Resource{
		{Kind: "vpc", ID: "vpc-1"}, {Kind: "volume", ID: "vol-1"}, {Kind: "role", ID: "demo-us-east-2-worker"},
		{Kind: "classic-loadbalancer", ID: "a1"}, {Kind: "natgateway", ID: "nat-1"}, {Kind: "unheard-of", ID: "x-1"},
	}
	left, err := on(api).Leftovers(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"aws ec2 delete-nat-gateway --nat-gateway-id nat-1 --region us-east-2",
		"aws ec2 delete-volume --volume-id vol-1 --region us-east-2",
		"aws ec2 delete-vpc --vpc-id vpc-1 --region us-east-2",
		"aws elb delete-load-balancer --load-balancer-name a1 --region us-east-2",
		"aws iam delete-role --role-name demo-us-east-2-worker",
		"unheard-of x-1 in region us-east-2",
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

func TestLeftovers_OfNothingAreNone(t *testing.T) {
	left, err := on(healthyAPI()).Leftovers(t.Context(), testCluster(nil))
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v", left, err)
	}
}

func TestLeftovers_AreNotProvenByAListThatFailed(t *testing.T) {
	api := healthyAPI()
	api.errors["Resources"] = errors.New("listing volumes: no answer")
	if _, err := on(api).Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "listing volumes") {
		t.Errorf("got %v", err)
	}
}
