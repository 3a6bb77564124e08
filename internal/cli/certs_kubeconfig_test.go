package cli

import (
	"os"
	"strings"
	"testing"
)

func TestCertsRenew_SaysWhatBecomesOfTheKubeconfig(t *testing.T) {
	for name, test := range map[string]struct {
		merge   []string
		file    string
		says    string
		changes bool
	}{
		"none is there":                 {nil, atWork, "there is no kubeconfig of this cluster here; 'kubectl anywhere kubeconfig a --merge'", false},
		"it holds a certificate":        {[]string{}, atWork, `context "a" in FILE has a new one`, true},
		"it calls this program":         {[]string{"--exec"}, atWork, `context "a" in FILE needs none: kubectl gets one of an hour`, false},
		"it calls another program":      {nil, strings.ReplaceAll(strings.Replace(atWork, "token: t", "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}", 1), "work", "a"), `context "a" in FILE is left: it gets its credentials from aws`, false},
		"it is of another one's, or so": {nil, strings.ReplaceAll(atWork, "work", "a"), `context "a" in FILE is left: it has no certificate of this cluster`, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.run(t, "provision", "-f", write(t, "c.json", nil))
			file := b.kubectlHas(t, test.file)
			if test.merge != nil {
				if code, _, _ := b.run(t, append([]string{"kubeconfig", "--merge"}, test.merge...)...); code != 0 {
					t.Fatalf("exit %d", code)
				}
			}
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, out := b.outputsOf(t, "a")
			j := &journal{}
			if err := newRenewal(s, out, nil).renewKubeconfig(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			if said := strings.Join(j.said, "\n"); !strings.Contains(said, strings.ReplaceAll(test.says, "FILE", file)) {
				t.Errorf("it said %q", said)
			}
			after, err := os.ReadFile(file)
			if err != nil || (string(after) != string(before)) != test.changes {
				t.Errorf("%v; it is now\n%s", err, after)
			}
		})
	}
}
