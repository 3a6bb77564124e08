package credentials

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// demo are the inputs of a run that asks for a step.
func demo(step string) provider.Properties {
	inputs := provider.Properties{clusterInput: resource.NewProperty("demo")}
	if step != "" {
		inputs[rotationInput] = resource.NewProperty(step)
	}
	return inputs
}

// created is the state of a new cluster, as an older version left it.
func created(t *testing.T) provider.Properties {
	t.Helper()
	made, err := node.NewCredentials("demo", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	state, err := properties("demo", kept{Credentials: made})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []resource.PropertyKey{rotationStage, rotationLast, rotationOther} {
		delete(state, key)
	}
	return state
}

// run is one run with a step: a change, if the resource finds it due.
func run(t *testing.T, state provider.Properties, step string) (provider.Properties, bool, error) {
	t.Helper()
	diff, err := credentials{}.Diff(t.Context(), provider.DiffRequest{State: state, Inputs: demo(step)})
	if err != nil || len(diff.Update) == 0 {
		return state, false, err
	}
	if len(diff.Replace) > 0 {
		t.Fatalf("step %q would replace the credentials", step)
	}
	state, err = credentials{}.Update(t.Context(), provider.UpdateRequest{State: state, Inputs: demo(step)})
	return state, true, err
}

// names are of the certificates of an authority, in order.
func names(t *testing.T, state provider.Properties, key string) []string {
	t.Helper()
	var all []string
	for rest := []byte(provider.Text(state, key)); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return all
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, certificate.Subject.CommonName)
	}
}

// keyFits tells whether the key belongs to the first certificate.
func keyFits(state provider.Properties, certificate, key string) error {
	_, err := tls.X509KeyPair([]byte(provider.Text(state, certificate)), []byte(provider.Text(state, key)))
	return err
}

func TestRotation_TakesEveryStepForAllAuthorities(t *testing.T) {
	state := created(t)
	before := state.Copy()
	for _, step := range []struct {
		step, stage string
		authorities string // of Kubernetes, the one that signs first
	}{
		{Trust, Trust, "kubernetes-ca kubernetes-ca-2"},
		{Reissue, Reissue, "kubernetes-ca-2 kubernetes-ca"},
		{Back, Trust, "kubernetes-ca kubernetes-ca-2"},
		{Reissue, Reissue, "kubernetes-ca-2 kubernetes-ca"},
		{Drop, Stable, "kubernetes-ca-2"},
		{Trust, Trust, "kubernetes-ca-2 kubernetes-ca-3"},
		{Back, Stable, "kubernetes-ca-2"},
	} {
		var changed bool
		var err error
		if state, changed, err = run(t, state, step.step); err != nil || !changed {
			t.Fatalf("%s: changed %v, %v", step.step, changed, err)
		}
		if got := provider.Text(state, rotationStage); got != step.stage {
			t.Errorf("%s leads to %q", step.step, got)
		}
		for suffix, keys := range map[string][2]string{
			"kubernetes-ca": {caCertificate, caKey}, "etcd-ca": {etcdCACertificate, etcdCAKey},
			"front-proxy-ca": {frontProxyCACertificate, frontProxyCAKey},
		} {
			want := strings.ReplaceAll(step.authorities, "kubernetes-ca", suffix)
			if got := strings.Join(names(t, state, keys[0]), " "); got != want {
				t.Errorf("%s: %s, want %s", step.step, got, want)
			}
			if err := keyFits(state, keys[0], keys[1]); err != nil {
				t.Errorf("%s: the key of %s: %v", step.step, suffix, err)
			}
		}
	}
	for _, key := range []string{serviceAccountKey, encryptionKey, bootstrapToken} {
		if provider.Text(state, key) != provider.Text(before, key) {
			t.Errorf("%s was replaced with the authorities", key)
		}
	}
}

func TestRotation_LeavesAsItIsWhatNoStepIsAskedFor(t *testing.T) {
	state := created(t)
	for _, step := range []string{"", Trust, "", Trust, Reissue, Reissue, "", Drop, "", Drop} {
		before, stage := state, provider.Text(state, rotationStage)
		repeated := step == "" || step == provider.Text(state, rotationLast)
		var changed bool
		var err error
		if state, changed, err = run(t, state, step); err != nil || changed == repeated {
			t.Fatalf("%q at %q: changed %v, %v", step, stage, changed, err)
		}
		if repeated && !before.DeepEquals(state) {
			t.Errorf("%q at %q changes the credentials", step, stage)
		}
	}
}

func TestRotation_RefusesStepsOutOfOrderAndSaysWhichIsDue(t *testing.T) {
	stages := map[string]provider.Properties{Stable: created(t)}
	stages[Trust], _, _ = run(t, stages[Stable], Trust)
	stages[Reissue], _, _ = run(t, stages[Trust], Reissue)
	for stage, refused := range map[string]map[string]string{
		Stable:  {Reissue: `the next is "trust"`, Drop: `the next is "trust"`, Back: `the next is "trust"`},
		Trust:   {Drop: `the next is "reissue", or "back" to undo "trust"`},
		Reissue: {Trust: `the next is "drop", or "back" to undo "reissue"`},
	} {
		for step, want := range refused {
			_, changed, err := run(t, stages[stage], step)
			if changed || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s at %q: changed %v, %v", step, stage, changed, err)
			}
		}
	}
	if _, _, err := run(t, stages[Stable], "sideways"); err == nil {
		t.Error("a step that there is not is taken")
	}
	if _, _, err := (credentials{}).Create(t.Context(), provider.CreateRequest{Inputs: demo(Trust)}); err == nil {
		t.Error("new credentials take a step")
	}
}

func TestRotation_GivesBackTheVeryAuthoritiesItBeganWith(t *testing.T) {
	began := created(t)
	state := began
	for _, step := range []string{Trust, Reissue, Back, Back} {
		state, _, _ = run(t, state, step)
	}
	for key, want := range began {
		if !state[key].DeepEquals(want) {
			t.Errorf("%s is not what it was", key)
		}
	}
	if provider.Text(state, rotationOther) != "" {
		t.Error("the authorities that were given up are kept")
	}
}

func TestRotation_KeepsNoOldKeyInTheOpenNorAfterTheEnd(t *testing.T) {
	state := created(t)
	old := provider.Text(state, caKey)
	for _, step := range []string{Trust, Reissue} {
		state, _, _ = run(t, state, step)
		for key, value := range state {
			if !value.IsSecret() && value.IsString() && bytes.Contains([]byte(value.StringValue()), []byte("PRIVATE KEY")) {
				t.Errorf("%s: %s holds a key and is no secret", step, key)
			}
		}
	}
	state, _, _ = run(t, state, Drop)
	for key := range state {
		if strings.Contains(provider.Text(state, string(key)), strings.Split(old, "\n")[1]) {
			t.Errorf("%s still holds the key of the old authority", key)
		}
	}
}

func TestRotation_IsUnknownInAPreviewAndChangesNothing(t *testing.T) {
	state := created(t)
	seen, err := credentials{}.Update(t.Context(), provider.UpdateRequest{State: state, Inputs: demo(Trust), Preview: true})
	if err != nil || !seen[caCertificate].ContainsUnknowns() || seen[bootstrapToken].ContainsUnknowns() {
		t.Errorf("%v, %v", seen[caCertificate], err)
	}
	if provider.Text(state, rotationStage) != "" {
		t.Error("the preview took the step")
	}
}
