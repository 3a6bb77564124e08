package health

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPrint_SaysHowFarThatIsWhichHasNoHostsYet(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	base := Report{Name: "demo", Target: "local", Wanted: "v1.37.1", At: at}
	running := InTheMaking(base, Making{
		By: "process 42 of anna on this machine", Since: at.Add(-34 * time.Second),
		Made: []string{"credentials credentials", "network demo"}, Begun: []string{"host demo-control-plane-1"},
	})
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("firewall demo-%d", i))
	}
	for _, test := range []struct {
		report Report
		want   string
	}{
		{running, `Cluster       demo on local, Kubernetes v1.37.1: provisioning
Phase         1 of 3, provision: the network and the hosts. Then hosts become
              nodes, and addons are applied.
Worked on by  process 42 of anna on this machine, for 34s
Made so far   2 resources: credentials credentials, network demo
Being made    host demo-control-plane-1

NEXT
  kubectl anywhere status demo --watch   # until there is more to see
  kubectl anywhere preview demo   # what is still to be made
`},
		{InTheMaking(base, Making{Begun: []string{"host demo-control-plane-1"}}), `Cluster       demo on local, Kubernetes v1.37.1: unfinished
Phase         1 of 3, provision, was never finished, and nobody works on it now.
Made so far   nothing
Begun         host demo-control-plane-1

NEXT
  kubectl anywhere create demo   # goes on from there
  kubectl anywhere delete demo   # takes away what was made
`},
		{InTheMaking(base, Making{Made: many}), "and 18 more"},
	} {
		var out strings.Builder
		if err := Print(&out, test.report, Style{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("it printed\n%s\nwant\n%s", out.String(), test.want)
		}
		for line := range strings.Lines(out.String()) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("wider than 80 columns: %s", line)
			}
		}
	}
}
