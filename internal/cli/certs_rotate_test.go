package cli

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestRotateCA_SaysWhatItWouldDoAndDoesNothingWithoutYes(t *testing.T) {
	b, _, _ := threeUp(t)
	code, stdout, stderr := b.run(t, "certs", "rotate-ca", "a")
	if code != ExitUsage || stdout != "" {
		t.Errorf("exit %d, on standard output %q", code, stdout)
	}
	has(t, stderr, `cluster "a": step 1 of 3, trust`, "The old ones go on signing", "~ credentials credentials", "~ thing a-control-plane-2",
		"~ thing a-workers-1", "one after the other", "To undo it: kubectl anywhere certs rotate-ca a --step back --yes", "add --yes")
	if len(b.world.Calls()) > 0 {
		t.Errorf("something was touched: %v", b.world.Calls())
	}
}

func TestRotateCA_RefusesWhatIsNotDueAndSaysWhatIs(t *testing.T) {
	b, health, file := threeUp(t)
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"--step", "drop"}, []string{`step "drop" does not follow`, `the next is "trust"`}},
		{[]string{"--step", "back"}, []string{`step "back" does not follow`}},
		{[]string{"--step", "sideways"}, []string{"want trust, reissue, drop or back"}},
		{[]string{"--step", "trust", "--all"}, []string{"leave --step out, or --all"}},
	} {
		code, _, stderr := b.run(t, append([]string{"certs", "rotate-ca", "a"}, test.args...)...)
		if code != ExitUsage {
			t.Errorf("%q: exit %d", test.args, code)
		}
		has(t, stderr, test.want...)
	}
	if err := b.provision(t, t.Context(), file, health, "trust"); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := b.run(t, "certs", "rotate-ca", "a", "--step", "drop")
	if code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, `the next is "reissue", or "back" to undo "trust"`)
	_, _, stderr = b.run(t, "certs", "rotate-ca", "a")
	has(t, stderr, "step 2 of 3, reissue")
	_, _, stderr = b.run(t, "certs", "rotate-ca", "a", "--step", "back")
	has(t, stderr, "step back", "All is as it was before")
}

func TestRotateCA_RefusesToMixWithAChangeOfTheConfig(t *testing.T) {
	b, _, _ := threeUp(t)
	b.value = "newer"
	code, _, stderr := b.run(t, "certs", "rotate-ca", "a", "--yes")
	if code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "thing a-control-plane-1", "would change", "Next: kubectl anywhere create a # brings it there first")
}

func TestRotateCA_TouchesNothingWhereAHostCannotBeAsked(t *testing.T) {
	b, _, _ := threeUp(t)
	code, _, stderr := b.run(t, "certs", "rotate-ca", "a", "--yes", "--timeout", "20s")
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, `step "trust" would cut off hosts`, `on host "a-control-plane-1"`, "kubectl anywhere status a")
	if len(b.world.Calls()) > 0 {
		t.Errorf("something was touched: %v", b.world.Calls())
	}
}

func TestChooseTurn_FinishesWhatWasCutOffBeforeItGoesOn(t *testing.T) {
	stable, trust, reissue := target.Rotation{}, target.Rotation{Stage: "trust", Last: "trust"}, target.Rotation{Stage: "reissue", Last: "reissue"}
	wentBack := target.Rotation{Stage: "trust", Last: "back"}
	dropped := target.Rotation{Last: "drop"}
	for name, test := range map[string]struct {
		at      target.Rotation
		asked   string
		pending int
		want    string // empty for a refusal
		again   bool
	}{
		"the first":                    {stable, "", 0, "trust", false},
		"the second":                   {trust, "", 0, "reissue", false},
		"the third":                    {reissue, "", 0, "drop", false},
		"from the start":               {dropped, "", 0, "trust", false},
		"not with a change":            {stable, "", 3, "", false},
		"not long after the last one":  {dropped, "", 3, "", false},
		"trust, cut off":               {trust, "", 2, "trust", true},
		"trust, cut off, asked again":  {trust, "trust", 2, "trust", true},
		"trust, done, asked again":     {trust, "trust", 0, "trust", true},
		"drop, cut off, asked again":   {dropped, "drop", 2, "drop", true},
		"on, though cut off":           {trust, "reissue", 2, "", false},
		"back, though cut off":         {trust, "back", 2, "back", false},
		"back, cut off":                {wentBack, "back", 2, "back", true},
		"back, cut off, not asked for": {wentBack, "", 2, "back", true},
		"back once more":               {wentBack, "back", 0, "back", false},
		"on, after back":               {wentBack, "", 0, "reissue", false},
	} {
		got, err := chooseTurn(test.at, test.asked, test.pending)
		if (err != nil) != (test.want == "") || err == nil && (got.step != test.want || got.again != test.again) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// held is what a control plane has: three kinds of authority, the first of which
// signed all but what others signed.
func held(t *testing.T, authorities ...string) (node.Inventory, []string) {
	t.Helper()
	host := node.Inventory{Host: "a-control-plane-1", Role: node.ControlPlane}
	for _, kind := range planeAuthorities() {
		for n, authority := range authorities {
			name := kind
			if n > 0 {
				name += " (2)"
			}
			host.Certificates = append(host.Certificates, node.Certificate{Name: name, Authority: true, SignedBy: kind + authority})
		}
	}
	for leaf, kind := range map[string]string{"apiserver": "ca", "etcd/peer": "etcd/ca", "front-proxy-client": "front-proxy-ca", servingName: "ca"} {
		host.Certificates = append(host.Certificates, node.Certificate{Name: leaf, SignedBy: kind + authorities[0], NotAfter: time.Now()})
	}
	var wanted []string
	for _, authority := range authorities {
		wanted = append(wanted, "ca"+authority)
	}
	return host, wanted
}

// sign has another authority sign a certificate.
func sign(host node.Inventory, name, by string) node.Inventory {
	host.Certificates = slices.Clone(host.Certificates)
	for i := range host.Certificates {
		if host.Certificates[i].Name == name {
			host.Certificates[i].SignedBy = by
		}
	}
	return host
}

func TestLagging_NamesWhatStillLivesByAnotherAuthority(t *testing.T) {
	host, both := held(t, "-2", "-1")
	if got := lagging(host, both); got != "" {
		t.Errorf("nothing lags, and it is said that %s", got)
	}
	for reason, behind := range map[string]node.Inventory{
		"another authority signed apiserver":      sign(host, "apiserver", "ca-1"),
		"another authority signed etcd/peer":      sign(host, "etcd/peer", "etcd/ca-1"),
		"another authority signed " + servingName: sign(host, servingName, ""),
		"it does not yet trust the authorities":   sign(host, "ca (2)", "ca-3"),
		"of this step in etcd/ca.crt": {Role: node.ControlPlane, Certificates: slices.DeleteFunc(slices.Clone(host.Certificates),
			func(c node.Certificate) bool { return c.Name == "etcd/ca (2)" })},
		"it does not yet": {},
	} {
		if got := lagging(behind, both); !strings.Contains(got, reason) {
			t.Errorf("%q: %q", reason, got)
		}
	}
	if got := lagging(host, []string{"ca-2"}); got == "" {
		t.Error("an authority that was dropped is still trusted, and nothing is said")
	}
	worker := node.Inventory{Role: node.Worker, Certificates: []node.Certificate{
		{Name: "ca", Authority: true, SignedBy: "ca-2"}, {Name: "kubelet-client", SignedBy: "ca-2"},
	}}
	if got := lagging(worker, []string{"ca-2"}); got != "" {
		t.Errorf("a worker: %s", got)
	}
}

func TestStuck_IsAServingCertificateThatIsThereAndOfAnother(t *testing.T) {
	host, both := held(t, "-2", "-1")
	if stuck(host, both) || !stuck(sign(host, servingName, "ca-1"), both) {
		t.Error("it is not told from one that is right")
	}
	if stuck(sign(sign(host, servingName, "ca-1"), "apiserver", "ca-1"), both) {
		t.Error("a host that has not followed at all is renewed")
	}
	missing := sign(host, servingName, "")
	for i := range missing.Certificates {
		if missing.Certificates[i].Name == servingName {
			missing.Certificates[i].NotAfter = time.Time{}
		}
	}
	if stuck(missing, both) {
		t.Error("one that was asked for and has not come is asked for again")
	}
}

func TestTrusts_AreInTheOrderOfTheDocument(t *testing.T) {
	document := ""
	for _, name := range []string{"new", "old"} {
		pair, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.NewAuthority(name, "demo")
		if err != nil {
			t.Fatal(err)
		}
		document += string(pair.Certificate)
	}
	both, err := trusts(document)
	if err != nil || len(both) != 2 {
		t.Fatal(both, err)
	}
	first, err := pki.ParseCertificate([]byte(document))
	if err != nil || pki.Fingerprint(first) != both[0] {
		t.Errorf("%v, %v", both, err)
	}
}
