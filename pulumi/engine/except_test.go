package engine_test

import (
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// linked declares a secret, hosts made from it and a balancer made from all of
// them, as a cluster is.
func linked(value string, more ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		secret, err := enginetest.Declare(ctx, "secret", pulumi.String(value), "")
		if err != nil {
			return err
		}
		var hosts []any
		for _, name := range append([]string{"host-1", "host-2"}, more...) {
			host, err := enginetest.Declare(ctx, name, pulumi.Sprintf("%s of %s", name, secret), "")
			if err != nil {
				return err
			}
			hosts = append(hosts, host)
		}
		all := pulumi.All(hosts...).ApplyT(func(values []any) string {
			text := ""
			for _, value := range values {
				text += "[" + value.(string) + "]"
			}
			return text
		}).(pulumi.StringOutput)
		balancer, err := enginetest.Declare(ctx, "balancer", all, "")
		ctx.Export("balancer", balancer)
		return err
	}
}

// urns are of the recorded resources with these names.
func (b *bench) urns(t *testing.T, names ...string) []string {
	t.Helper()
	recorded, err := b.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var urns []string
	for _, r := range recorded {
		if slices.Contains(names, r.Name) {
			urns = append(urns, r.URN)
		}
	}
	if len(urns) != len(names) {
		t.Fatalf("of %q only %q are recorded", names, urns)
	}
	return urns
}

func (b *bench) value(t *testing.T, name string) string {
	t.Helper()
	thing, ok := b.world.Things()[name]
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	return thing.Value
}

func TestUpExcept_ChangesOneHostAfterTheOther(t *testing.T) {
	b := newBench(t)
	if _, err := b.Up(t.Context(), linked("old"), nil); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		except   []string
		balancer string
		updated  int
	}{
		{[]string{"host-1", "host-2"}, "[host-1 of old][host-2 of old]", 1},
		{[]string{"host-2"}, "[host-1 of new][host-2 of old]", 2},
		{nil, "[host-1 of new][host-2 of new]", 2},
		{nil, "[host-1 of new][host-2 of new]", 0},
	} {
		// As if every step were another run of the command.
		b.reopen(t)
		changes, err := b.UpExcept(t.Context(), linked("new"), b.urns(t, step.except...), nil)
		if err != nil || changes.Update != step.updated || changes.Create+changes.Replace+changes.Delete > 0 {
			t.Fatalf("except %q: %+v, %v", step.except, changes, err)
		}
		if got := b.value(t, "balancer"); got != step.balancer {
			t.Errorf("except %q: the balancer has %s", step.except, got)
		}
		outputs, err := b.Outputs(t.Context())
		if err != nil || outputs["balancer"] != step.balancer {
			t.Errorf("except %q: the output is %v, %v", step.except, outputs["balancer"], err)
		}
	}
}

func TestUpExcept_MakesWhatIsMissingAndDeletesNothingThatIsKept(t *testing.T) {
	b := newBench(t)
	if _, err := b.Up(t.Context(), linked("old", "worker-1"), nil); err != nil {
		t.Fatal(err)
	}
	kept := b.urns(t, "host-1", "host-2", "worker-1")
	if _, err := b.UpExcept(t.Context(), linked("new", "host-3"), kept, nil); err != nil {
		t.Fatal(err)
	}
	if b.value(t, "host-3") != "host-3 of new" || b.value(t, "host-1") != "host-1 of old" || b.value(t, "worker-1") != "worker-1 of old" {
		t.Errorf("there are %v", b.world.Names())
	}
	changes, err := b.Up(t.Context(), linked("new", "host-3"), nil)
	if err != nil || changes.Delete != 1 || changes.Update != 3 {
		t.Errorf("%+v, %v", changes, err)
	}
}

func TestUpExcept_GoesOnAfterAHostThatFailed(t *testing.T) {
	b := newBench(t)
	if _, err := b.Up(t.Context(), linked("old"), nil); err != nil {
		t.Fatal(err)
	}
	b.world.Fault(enginetest.Update, "host-1", enginetest.Fail("no such luck"))
	if _, err := b.UpExcept(t.Context(), linked("new"), b.urns(t, "host-2"), nil); err == nil {
		t.Fatal("a host that failed is not told")
	}
	if b.value(t, "host-2") != "host-2 of old" {
		t.Error("the other host was changed")
	}
	b.world.Fault(enginetest.Update, "host-1", nil)
	b.world.Forget()
	if _, err := b.UpExcept(t.Context(), linked("new"), b.urns(t, "host-2"), nil); err != nil {
		t.Fatal(err)
	}
	for _, call := range []enginetest.Call{{Op: enginetest.Update, Name: "host-1"}, {Op: enginetest.Update, Name: "balancer"}} {
		if !slices.Contains(b.world.Calls(), call) {
			t.Errorf("the second run does not %s %s: %v", call.Op, call.Name, b.world.Calls())
		}
	}
}

func TestResources_TellWhatTheyWereMadeFrom(t *testing.T) {
	b := newBench(t)
	if _, err := b.Up(t.Context(), linked("old"), nil); err != nil {
		t.Fatal(err)
	}
	recorded, err := b.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recorded {
		want := map[string][]string{"host-1": b.urns(t, "secret"), "secret": nil}
		if of, ok := want[r.Name]; ok && !slices.Equal(r.DependsOn, of) {
			t.Errorf("%s depends on %q", r.Name, r.DependsOn)
		}
	}
}
