package azure

import (
	"slices"
	"testing"
)

// Of these the engine is told and the cloud is not, so no graph shows them.

func TestProgram_ReplacesAMachineOnlyOnceItIsGone(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	for _, kind := range []string{"VirtualMachine", "VirtualMachineScaleSet"} {
		for name, one := range ofKind(all, kind) {
			if !one.RegisterRPC.GetDeleteBeforeReplace() {
				t.Errorf("the new %s would meet the name and the disk of the old one", name)
			}
		}
	}
	for name, one := range ofKind(all, "VirtualMachine") {
		if !slices.Contains(one.RegisterRPC.GetReplaceOnChanges(), "osProfile") {
			t.Errorf("another first boot of %s would be an update that Azure refuses", name)
		}
	}
}

func TestProgram_LeavesTheSizeOfElasticPoolsAlone(t *testing.T) {
	all := declare(t, inputs(demo(everythingAsked)))
	for name, want := range map[string]bool{"demo-cheap": true, "demo-workers": false} {
		if got := slices.Contains(all["VirtualMachineScaleSet "+name].RegisterRPC.GetIgnoreChanges(), "sku.capacity"); got != want {
			t.Errorf("the size of %s is left alone: %v", name, got)
		}
	}
}

func TestProgram_LeavesSecretsToTheirVault(t *testing.T) {
	for name, one := range ofKind(declare(t, inputs(demo(nil))), "Secret") {
		if !one.RegisterRPC.GetRetainOnDelete() {
			t.Errorf("deleting %s takes a right that not even an owner has", name)
		}
	}
}

func TestProgram_MakesNoMachineBeforeItMayReadItsBundle(t *testing.T) {
	all := declare(t, inputs(demo(nil)))
	for machine, grant := range map[string]string{
		"VirtualMachine demo-control-plane-1": "demo-control-plane", "VirtualMachineScaleSet demo-workers": "demo-workers",
	} {
		waits := slices.ContainsFunc(all[machine].RegisterRPC.GetDependencies(), func(urn string) bool {
			return urn == "urn:pulumi:stack::project::azure-native:authorization:RoleAssignment::"+grant
		})
		if !waits {
			t.Errorf("%s waits for %v", machine, all[machine].RegisterRPC.GetDependencies())
		}
	}
}

func TestProgram_GoesThroughOneConnection(t *testing.T) {
	for key, one := range declare(t, inputs(demo(everythingAsked))) {
		if one.TypeToken == "kubernetes-anywhere:index:Credentials" || one.TypeToken == "pulumi:providers:azure-native" {
			continue
		}
		if one.Provider == "" {
			t.Errorf("%s goes by whatever subscription is current", key)
		}
	}
}
