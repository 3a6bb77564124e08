package suite

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

func toyWords() Words {
	return Words{
		Target: toy{}, Provider: "toy", Cloud: toyCloud, Block: document{}, Zones: []string{"a", "b", "c"},
		Existing: document{"network": "existing-network-id"}, OtherType: "std-4", MostNodes: 5000,
		Prepare: func(t *testing.T, c *targettest.Cloud) {
			if _, err := c.Have("toy:index:Network", "existing-network", targettest.Properties{}); err != nil {
				t.Fatal(err)
			}
		},
		Labels: func(o targettest.Object) map[string]string {
			labels := map[string]string{}
			targettest.Strings("", o.Inputs["labels"], func(path, text string) { labels[path] = text })
			return labels
		},
		Open: func(o targettest.Object) []string {
			if o.Inputs["open"].IsBool() && o.Inputs["open"].BoolValue() {
				return []string{"tcp/6443"}
			}
			return nil
		},
		UserData: func(o targettest.Object) string {
			if data := o.Inputs["userData"]; data.IsString() {
				return data.StringValue()
			}
			return ""
		},
		MostUserData: 4096,
		Secret:       "toy:index:Secret", Disk: "toy:index:Disk", Machine: "toy:index:Machine", Group: "toy:index:Group",
		Encrypted: func(o targettest.Object) (bool, bool) {
			return true, o.Type == "toy:index:Disk" || o.Type == "toy:index:Machine"
		},
		Public: func(targettest.Object) bool { return false },
		Update: *update,
	}
}

func toyCloud() *targettest.Cloud {
	id := func(name string, _ targettest.Properties) string { return name + "-id" }
	return targettest.NewCloud(map[string]targettest.Kind{
		"toy:index:Network":  {ID: id, Replace: []string{"cidr"}},
		"toy:index:Firewall": {ID: id, Replace: []string{"network"}},
		"toy:index:Disk":     {ID: id, Replace: []string{"sizeGB", "image"}},
		"toy:index:Secret":   {ID: id},
		"toy:index:Machine":  {ID: id, Replace: []string{"network", "address", "disk", "os", "type", "userData"}},
		"toy:index:Group":    {ID: id, Replace: []string{"network"}},
	})
}

func TestRun_PassesAToyThatIsRight(t *testing.T) {
	Run(t, toyWords())
}

// flawOf is the variable that tells a child process what is wrong with its toy.
const flawOf = "SUITE_TOY_FLAW"

// A suite that passes whatever it is given proves nothing: each flaw must fail
// the part that looks for it.
func TestRun_FailsAToyThatIsWrong(t *testing.T) {
	for flaw, part := range map[string]struct{ name, says string }{
		restless: {"Shapes", "the second run changed"},
		leaky:    {"Secrets", "holds the bootstrap token"},
		careless: {"FirstBoot", "etcd's disk"},
		tangled:  {"Pools", "and so was update"},
		wordy:    {"Scale", "from 5 to 5000 nodes"},
	} {
		t.Run(flaw, func(t *testing.T) {
			child := exec.Command(os.Args[0], "-test.run=^TestFlawedChild$/^"+part.name+"$")
			child.Env = append(os.Environ(), flawOf+"="+flaw)
			output, err := child.CombinedOutput()
			if err == nil || !strings.Contains(string(output), part.says) {
				t.Errorf("got error %v and:\n%s", err, output)
			}
		})
	}
}

// TestFlawedChild is the other process of the test above.
func TestFlawedChild(t *testing.T) {
	flaw := os.Getenv(flawOf)
	if flaw == "" {
		t.Skip("only for a child process")
	}
	words := toyWords()
	words.Target = toy{flaw: flaw}
	Run(t, words)
}

// spoilt is what a check says of a cloud with one object spoilt.
func spoilt(t *testing.T, check func(*suite) func(shape, []targettest.Object) []string, o targettest.Object) string {
	t.Helper()
	s := &suite{Words: toyWords()}
	return strings.Join(check(s)(shape{controlPlanes: 1}, []targettest.Object{o}), "\n")
}

func TestProperties_FindWhatIsWrong(t *testing.T) {
	text, yes := resource.NewProperty[string], resource.NewProperty(true)
	for name, c := range map[string]struct {
		check func(*suite) func(shape, []targettest.Object) []string
		of    targettest.Object
		want  string
	}{
		"no label": {func(s *suite) func(shape, []targettest.Object) []string { return s.labelled },
			targettest.Object{Type: "toy:index:Network", Name: "n"}, "not labelled with its cluster"},
		"another role": {func(s *suite) func(shape, []targettest.Object) []string { return s.labelled },
			targettest.Object{Type: "toy:index:Machine", Inputs: targettest.Properties{"labels": resource.NewProperty(targettest.Properties{
				"kubernetes-anywhere.cluster": text(clusterName)})}}, "not labelled as a control plane"},
		"open": {func(s *suite) func(shape, []targettest.Object) []string {
			return func(of shape, o []targettest.Object) []string { of.private = true; return s.openings(of, o) }
		}, targettest.Object{Inputs: targettest.Properties{"open": yes}}, "opens tcp/6443 to every address"},
		"API shut": {func(s *suite) func(shape, []targettest.Object) []string { return s.openings },
			targettest.Object{}, "nothing opens the API"},
		"long user-data": {func(s *suite) func(shape, []targettest.Object) []string { return s.userData },
			targettest.Object{Inputs: targettest.Properties{"userData": text(strings.Repeat("x", 5000))}}, "more user-data"},
		"other user-data": {func(s *suite) func(shape, []targettest.Object) []string { return s.userData },
			targettest.Object{Inputs: targettest.Properties{"userData": text("echo")}}, "runs no bootstrap image"},
		"no disk": {func(s *suite) func(shape, []targettest.Object) []string { return s.disks },
			targettest.Object{}, "fewer disks"},
		"no secret": {func(s *suite) func(shape, []targettest.Object) []string { return s.counted },
			targettest.Object{Type: "toy:index:Disk", Name: "other"}, "the number of toy:index:Secret"},
	} {
		if got := spoilt(t, c.check, c.of); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestNeedles_AreFoundInPlainAndInBase64(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKEYKEYKEYKEYKEYK\nsomethingelsethatislongenough\n-----END PRIVATE KEY-----\n"
	hidden := needles(node.Credentials{CA: node.Authority{Key: key}, BootstrapToken: "abcdef.0123456789abcdef"})
	for _, place := range []string{"x", "xy", "xyz", "xyzw"} {
		content := base64.StdEncoding.EncodeToString([]byte(place + key + " and abcdef.0123456789abcdef follows"))
		found := 0
		for _, needle := range hidden {
			if needle != "" && strings.Contains(content, needle) {
				found++
			}
		}
		if found != 2 {
			t.Errorf("after %q: %d of the two are found", place, found)
		}
	}
}

func TestPairs_HoldEachPairOfChoices(t *testing.T) {
	seen := map[string]bool{}
	note := func(into map[string]bool, of shape) {
		choices := []string{fmt.Sprint("cp", of.controlPlanes), fmt.Sprint("pools", of.pools), fmt.Sprint("existing", of.existing),
			fmt.Sprint("private", of.private), of.arch}
		for i, a := range choices {
			for _, b := range choices[i+1:] {
				into[a+" "+b] = true
			}
		}
	}
	for _, of := range pairs() {
		note(seen, of)
	}
	all := map[string]bool{}
	for _, of := range every() {
		note(all, of)
	}
	for pair := range all {
		if !seen[pair] {
			t.Errorf("no shape has %s", pair)
		}
	}
}
