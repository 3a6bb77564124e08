package commands_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

var (
	// path is a field of the config within text, perhaps with a value.
	path = regexp.MustCompile(`^((?:spec|metadata)\.[A-Za-z][A-Za-z0-9.]*(?:\[[^\]]*\][A-Za-z0-9.]*)*)(?:[:=].*)?$`)
	// toyPages speak of a target that is not in the program.
	toyPages = []string{"docs/new-target.md"}
)

// below is a field as pages name it whose block is clear: access.sshCIDRs.
var below = regexp.MustCompile(`^([a-z][A-Za-z]*)(?:\.[a-z][A-Za-z]*)+$`)

// files are endings by which a name of a file is told from a field.
var files = regexp.MustCompile(`\.(?:go|md|json|yaml|yml|tar|sh|txt|conf|service|db|timer|gz|kit|crt|key)$`)

// fields are the paths that a page has: as code within lines, and as what it
// has people tell 'config set', 'config get', 'explain' and --set.
func fields(page book.Page) (all []book.Span) {
	add := func(place book.Place, text string) {
		if found := path.FindStringSubmatch(text); found != nil {
			all = append(all, book.Span{Place: place, Text: found[1]})
		}
	}
	for _, span := range page.Spans() {
		add(span.Place, span.Text)
	}
	for _, command := range page.Commands("kubectl anywhere") {
		for _, word := range command.Words {
			add(command.Place, strings.TrimPrefix(word, "--set="))
		}
	}
	return all
}

func TestFields_AreThoseOfTheConfig(t *testing.T) {
	known, found := schema.Of(targets.Blocks()), 0
	for _, page := range pages(t) {
		if page.Path == "CHANGELOG.md" || slices.Contains(toyPages, page.Path) {
			continue
		}
		for _, field := range fields(page) {
			found++
			if _, err := known.Resolve(field.Text); err != nil {
				t.Errorf("%s: %q: %v", field.Place, field.Text, err)
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d were found", found)
	}
}

// A field that is named without all that it is in is in something.
func TestFields_AreInTheBlockThatPagesName(t *testing.T) {
	found, heads, ends := 0, map[string]bool{}, map[string]bool{}
	for f := range schema.Of(targets.Blocks()).All() {
		heads[f.Name] = heads[f.Name] || len(f.Fields) > 0 || f.Item != nil
		steps := strings.Split(strings.NewReplacer("[]", "", "{}", "").Replace(f.Path), ".")
		for i := range steps {
			ends[strings.Join(steps[i:], ".")] = true
		}
	}
	for _, page := range pages(t) {
		if page.Path == "CHANGELOG.md" {
			continue
		}
		for _, span := range page.Spans() {
			name := below.FindStringSubmatch(span.Text)
			if name == nil || !heads[name[1]] || name[1] == "spec" || files.MatchString(span.Text) {
				continue
			}
			if found++; !ends[span.Text] {
				t.Errorf("%s: there is no field %q in a %s", span.Place, span.Text, name[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d were found", found)
	}
}

// othersFlags are flags that pages name and that are another program's: of a
// container, a kubelet, a layer, a build, the release, cosign, the bootstrap.
var othersFlags = []string{
	"--privileged", "--cloud-provider", "--kubelet-insecure-tls", "--enable-overlay", "--insecure-ignore-tlog", "--signature",
	"-trimpath", "-update", "--image", "-role", "-pool", "--token",
}

// bootstrapPages name flags of the bootstrap, which another test looks at.
var bootstrapPages = []string{"docs/targets/docker-run.md", "docs/adr/0010-hosts-join-by-a-token-and-a-pin.md"}

// ourFlags are those of all commands, as they are written.
func ourFlags() map[string]bool {
	flags := map[string]bool{"--help": true, "-h": true}
	commands := cli.New(environment()).Commands()
	add := func(f *pflag.Flag) {
		flags["--"+f.Name] = true
		if f.Shorthand != "" {
			flags["-"+f.Shorthand] = true
		}
	}
	for i := 0; i < len(commands); i++ {
		commands = append(commands, commands[i].Commands()...)
		commands[i].Flags().VisitAll(add)
		commands[i].InheritedFlags().VisitAll(add)
	}
	return flags
}

func TestFlags_AreThoseOfTheCommands(t *testing.T) {
	known, found := ourFlags(), 0
	for _, page := range pages(t) {
		if page.Path == "CHANGELOG.md" || slices.Contains(bootstrapPages, page.Path) {
			continue
		}
		for _, span := range page.Spans() {
			name, _, _ := strings.Cut(strings.Fields(span.Text + " .")[0], "=")
			if !strings.HasPrefix(name, "-") || strings.Trim(name, "-") == "" || slices.Contains(othersFlags, name) {
				continue
			}
			if found++; !known[name] {
				t.Errorf("%s: no command has the flag %s", span.Place, name)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d were found", found)
	}
}

// others are commands of the bootstrap that begin as one of ours does.
var others = []string{"etcd start", "etcd stop"}

// Pages also name commands without the program: 'config set', 'status --drift'.
func TestNames_AreThoseOfTheCommands(t *testing.T) {
	verbs, found := map[string]bool{}, 0
	for _, command := range cli.New(environment()).Commands() {
		verbs[command.Name()] = true
	}
	for _, page := range pages(t) {
		if page.Path == "CHANGELOG.md" {
			continue // of what was there
		}
		for _, span := range page.Spans() {
			first, _, _ := strings.Cut(span.Text, " | ")
			words := strings.Fields(first)
			if len(words) < 2 || !verbs[words[0]] || slices.Contains(others, first) {
				continue
			}
			found++
			if err := parse(plain(words), true); err != nil && !strings.Contains(err.Error(), "needs an argument") {
				t.Errorf("%s: %s\n    %v", span.Place, span.Text, err)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d were found", found)
	}
}

// fragment is what begins as a part of a config does.
var fragment = regexp.MustCompile(`^\s*(?:"[a-z][a-zA-Z]*": |\{"name": )`)

// fragments are parts of configs that a page shows, in blocks and in lines.
func fragments(page book.Page) (all []book.Span) {
	for _, block := range page.Blocks() {
		if text := block.Text(); fragment.MatchString(text) && !cluster.MatchString(text) && (!block.Fenced || block.Language == "json") {
			all = append(all, book.Span{Place: block.Place, Text: text})
		}
	}
	for _, span := range page.Spans() {
		if fragment.MatchString(span.Text) {
			all = append(all, span)
		}
	}
	return all
}

// places are where a fragment may belong, in a config of a target.
func places(target, text string) []string {
	spec := func(inner string) string {
		return fmt.Sprintf(`{"apiVersion": %q, "kind": "Cluster", "metadata": {"name": "demo"}, "spec": {"target": %q, %s}}`,
			"kubernetes-anywhere.io/v1alpha1", target, inner)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return []string{spec(`"addons": [` + text + `]`), spec(`"pools": [` + text + `]`)}
	}
	inner := strings.TrimSpace(text)
	if after, is := strings.CutPrefix(inner, `"spec": {`); is {
		return []string{spec(strings.TrimSuffix(after, "}"))}
	}
	return []string{spec(inner), spec(fmt.Sprintf("%q: {%s}", target, inner)), spec(`"controlPlane": {` + inner + `}`)}
}

// A part of a config has fields that exist, somewhere in a config of some
// target; whether its values are right depends on the rest.
func TestFragments_HaveFieldsThatExist(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, f := range fragments(page) {
			if found++; !belongs(f.Text) {
				t.Errorf("%s: this is no part of a config of any target:\n%s", f.Place, f.Text)
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d were found", found)
	}
}

func belongs(text string) bool {
	for name := range targets.Blocks() {
		for _, whole := range places(name, text) {
			_, report := config.Load("config.json", []byte(whole), targets.Blocks())
			said := ""
			if err := report.Err(); err != nil {
				said = err.Error()
			}
			if !strings.Contains(said, "there is no such field") && !strings.Contains(said, "not valid JSON") {
				return true
			}
		}
	}
	return false
}

func TestBelongs_RefusesWhatIsInNoConfig(t *testing.T) {
	for text, want := range map[string]bool{
		`"controlPlane": {"snapshots": {"every": "1h"}}`:  true,
		`"controlPlane": {"snapshot": {"every": "1h"}}`:   false,
		`{"name": "metrics-server", "unmanaged": true}`:   true,
		`{"name": "metrics-server", "unmanagd": true}`:    false,
		`"existing": {"network": "vpc-…", "subnetz": {}}`: false,
	} {
		if got := belongs(text); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}
