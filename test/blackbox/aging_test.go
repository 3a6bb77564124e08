package blackbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

func TestAging_TenYearsOfDailyLooksKeepEveryLeafValid(t *testing.T) {
	a := newAged(t)
	end := now.Add(pki.AuthorityLife - day)
	renewals, last := 0, time.Time{}
	for a.clock.Before(end) {
		if a.quiet(t) > 22*day {
			a.clock = a.clock.Add(min(20*day, end.Sub(a.clock)))
		} else {
			a.clock = a.clock.Add(day)
		}
		if leafs := a.valid(t); leafs != 12 { // before the look: some time has passed since the last
			t.Fatalf("there are %d leafs", leafs)
		}
		a.kubelet(t)
		a.tick(t)
		if a.ran("systemctl restart kubelet.service") {
			t.Errorf("on %s the kubelet was restarted:\n%s", a.clock.Format(time.DateOnly), a.log.String())
		}
		if strings.Contains(a.log.String(), "issuing") {
			renewals, last = renewals+1, a.clock
		}
		if a.clock.Sub(last) <= day || a.quiet(t) > 22*day {
			a.talk(t)
		}
		if warned, near := a.rotateCA(t), now.Add(pki.AuthorityLife).Sub(a.clock) < 365*day; (warned == 3) != near {
			t.Fatalf("on %s %d authorities are said to need replacement", a.clock.Format(time.DateOnly), warned)
		}
		if t.Failed() {
			t.FailNow() // every day after would say the same
		}
	}
	a.clock = end
	a.valid(t)
	a.talk(t)
	// Eight months apart, and none in the last year, which could make nothing
	// last longer.
	t.Logf("%d renewals, the last on %s", renewals, last.Format(time.DateOnly))
	if renewals < 13 || renewals > 15 {
		t.Errorf("leafs were issued again %d times", renewals)
	}
	if left := now.Add(pki.AuthorityLife).Sub(last); left < 200*day {
		t.Errorf("leafs were issued again %d days before their authority ends", left/day)
	}
}

func TestAging_AnAuthorityThatHasEndedSignsNothing(t *testing.T) {
	a := newAged(t)
	a.clock = now.Add(pki.AuthorityLife + day)
	err := host.Apply(context.Background(), a.options)
	if err == nil || !strings.Contains(err.Error(), "authority ended at 2036-11-19") {
		t.Errorf("got %v", err)
	}
}

func TestAging_AHostThatWasOffComesBackWithOneLook(t *testing.T) {
	for name, test := range map[string]struct {
		off time.Duration
		// ended tells that it comes back to leafs that are of no use.
		ended bool
	}{
		"four months":     {120 * day, false},
		"thirteen months": {396 * day, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAged(t)
			// It is switched off on the worst of days: the look of the next
			// one would have renewed its leafs.
			for ; ; a.clock = a.clock.Add(day) {
				cert, err := a.leaf("/etc/kubernetes/pki/apiserver.crt")
				if err != nil {
					t.Fatal(err)
				}
				if pki.NeedsRenewal(cert, a.clock.Add(day)) {
					break
				}
			}
			a.kubelet(t)
			a.tick(t)
			if strings.Contains(a.log.String(), "issuing") {
				t.Fatalf("that was too early for a renewal:\n%s", a.log.String())
			}
			a.clock = a.clock.Add(test.off)
			if cert, err := a.leaf("/etc/kubernetes/pki/apiserver.crt"); err != nil || a.clock.After(cert.NotAfter) != test.ended {
				t.Fatalf("its certificate ends on %s, and it is %s (error %v)", cert.NotAfter, a.clock, err)
			}
			a.kubelet(t)
			a.tick(t)
			a.kubelet(t) // with the API back, its serving certificate follows
			a.valid(t)
			a.talk(t)
			if restarted := a.ran("systemctl restart kubelet.service"); restarted != test.ended {
				t.Errorf("the kubelet was restarted: %t", restarted)
			}
			a.tick(t)
			if a.ran("systemctl restart kubelet.service") || strings.Contains(a.log.String(), "issuing") {
				t.Errorf("the second look did something:\n%s", a.log.String())
			}
		})
	}
}

func TestRenew_ForcedAsOfAnotherMomentIssuesEveryLeafButTheKubelets(t *testing.T) {
	a := newAged(t)
	before := tree(t, a.root)
	a.options.Force, a.options.AsOf = true, now.Add(4*time.Minute-pki.LeafLife)
	a.tick(t)
	for path, entry := range before {
		certificate := strings.HasSuffix(path, ".crt") && !strings.Contains(path, "ca") || strings.HasSuffix(path, ".conf") && strings.Contains(entry, "client-certificate-data")
		if certificate && tree(t, a.root)[path] == entry {
			t.Errorf("%s was not issued again", path)
		}
	}
	if cert, err := a.leaf("/etc/kubernetes/pki/apiserver.crt"); err != nil || !cert.NotAfter.Equal(now.Add(4*time.Minute)) {
		t.Errorf("it ends at %s, error %v", cert.NotAfter, err)
	}
	if strings.Contains(a.log.String(), "issuing "+node.KubeletLeaf) || a.ran("systemctl restart kubelet.service") {
		t.Errorf("the kubelet's was issued, or it was restarted:\n%s", a.log.String())
	}
	a.options.Force, a.options.AsOf = false, time.Time{}
	a.tick(t)
	a.valid(t)
	a.talk(t)
	if cert, err := a.leaf("/etc/kubernetes/pki/apiserver.crt"); err != nil || !cert.NotAfter.Equal(now.Add(pki.LeafLife)) {
		t.Errorf("after a plain look it ends at %s, error %v", cert.NotAfter, err)
	}
}
