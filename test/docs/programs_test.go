package docs_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// programs are those that pages have people type, and what holds a page to
// them. One that is not here is a slip of the pen, or wants a test.
var programs = map[string]string{
	"kubectl anywhere": "parsed by the commands themselves, in the folder commands",
	"make":             "TestMake_HasTheTargetsThatPagesType",
	"bootstrap":        "TestBootstrap_HasTheVerbsAndFlagsThatPagesType",
	"docker":           "the same, where it runs the bootstrap; for the rest it is another's",
	"podman":           "the same",
	"go":               "TestGo_HasThePackagesAndTestsThatPagesType",
	"kubectl":          "TestKubectl_HasTheVerbsThatPagesType",
	// Others' programs, which no test here can run. TestPaths looks at the
	// files of this repository that they are given.
	"aws": "", "az": "", "gcloud": "", "cosign": "", "sha256sum": "", "jq": "",
	"cd": "", "dot": "", "export": "", "mv": "", "source": "",
	"generate-config":             "", // a program of the reader's own
	"test/providers/aws/build.sh": "TestPaths_AreThere",
}

// shown are the first words of blocks that are neither typed nor a config:
// a drawing, a table, a line of Go.
var shown = []string{"stable ──trust──►", "seconds since the start", "//go:embed", "return []target.Target{", "@COMMAND@"}

// isProgram tells whether a command is one of the programs'.
func isProgram(command book.Command) bool {
	for program := range programs {
		if _, is := command.Of(program); is {
			return true
		}
	}
	return false
}

// typedIn are the commands of a block, and whether it is one to be typed.
func typedIn(block book.Block) (commands []book.Command, typed bool) {
	text := strings.TrimSpace(block.Text())
	if block.Fenced && (!slices.Contains([]string{"console", "sh", "bash"}, block.Language) || strings.HasPrefix(text, "#!")) {
		return nil, false
	}
	commands = block.Commands(slices.Collect(maps.Keys(programs))...)
	return commands, len(commands) > 0
}

// A block that is typed has commands of known programs only, and one that is
// not is known for what it is: a program that is misspelt is neither.
func TestBlocks_HaveOnlyCommandsThatSomethingHoldsToTheTruth(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, block := range page.Blocks() {
			commands, typed := typedIn(block)
			hidden(t, block)
			for _, command := range commands {
				if found++; !isProgram(command) {
					t.Errorf("%s: nothing knows the program of %q: write it rightly, or have a test look at it (programs)", command.Place, command)
				}
			}
			if !typed && !block.Fenced && !isData(block.Lines[0]) {
				t.Errorf("%s: is this typed, or a config, or only shown? %q", block.Place, block.Lines[0])
			}
			if typed && !block.Fenced {
				everyLine(t, block, commands)
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d were found", found)
	}
}

// begun is how a line begins that is typed.
var begun = regexp.MustCompile(`^(?:\$ |(?:kubectl|make|docker run|go (?:test|run)) )`)

// hidden holds that what is typed is in no block that only shows things, where
// nothing would look at it.
func hidden(t *testing.T, block book.Block) {
	t.Helper()
	if !block.Fenced || block.Language != "" && block.Language != "text" || strings.HasPrefix(block.Path, "docs/reference/") {
		return
	}
	for i, line := range block.Lines {
		if begun.MatchString(line) {
			t.Errorf("%s: this is typed, so its block is one of sh or console: %q", book.Place{Path: block.Path, Line: block.Line + i}, line)
		}
	}
}

func isData(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "{") || strings.HasPrefix(line, `"`) ||
		slices.ContainsFunc(shown, func(begin string) bool { return strings.HasPrefix(line, begin) })
}

// assigned is a line that sets a variable and does no more.
var assigned = regexp.MustCompile(`^[a-z]+=\S`)

// prompted is a line that is typed among what is printed.
var prompted = regexp.MustCompile(`^(?:\$|[a-z][a-z0-9-]* [#$]|#) `)

// everyLine holds that a block without prompts is commands and nothing else.
func everyLine(t *testing.T, block book.Block, commands []book.Command) {
	t.Helper()
	if slices.ContainsFunc(block.Lines, prompted.MatchString) {
		return
	}
	at := map[int]bool{}
	for _, command := range commands {
		at[command.Line] = true
	}
	for i := 0; i < len(block.Lines); i++ {
		line := strings.TrimSpace(block.Lines[i])
		place := book.Place{Path: block.Path, Line: block.Line + i}
		for strings.HasSuffix(block.Lines[i], `\`) && i+1 < len(block.Lines) {
			i++ // goes on in the next
			at[block.Line+i] = at[place.Line]
		}
		if line != "" && !at[block.Line+i] && !assigned.MatchString(line) {
			t.Errorf("%s: of which program is this? %q", place, line)
		}
	}
}

// verbs are those of kubectl that pages type.
var verbs = []string{"apply", "config", "create", "describe", "exec", "expose", "get", "kustomize", "label", "plugin", "rollout", "delete", "top", "version", "wait", "krew"}

func TestKubectl_HasTheVerbsThatPagesType(t *testing.T) {
	typed := 0
	for _, page := range pages(t) {
		for _, command := range page.Commands("kubectl") {
			args, is := command.Of("kubectl")
			for is && len(args) > 1 && strings.HasPrefix(args[0], "-") {
				if args = args[1:]; !strings.HasPrefix(args[0], "-") {
					args = args[1:] // the value of -n, --context, --kubeconfig
				}
			}
			if !is || len(args) == 0 || args[0] == "anywhere" {
				continue
			}
			if typed++; !slices.Contains(verbs, args[0]) {
				t.Errorf("%s: has kubectl a verb %q? Then it is one more of the test's", command.Place, args[0])
			}
		}
	}
	if typed < 10 {
		t.Errorf("only %d were found", typed)
	}
}

// tests are the names of the test functions below a folder, and whether any
// file of them knows -update.
func tests(t *testing.T, folder string) (names []string, updates bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllSubmatch(text, -1) {
			names = append(names, string(found[1]))
		}
		updates = updates || strings.Contains(string(text), `"update"`)
	}
	return names, updates
}

func TestGo_HasThePackagesAndTestsThatPagesType(t *testing.T) {
	typed, folder := 0, ""
	for _, page := range pages(t) {
		if page.Path == "CHANGELOG.md" {
			continue // of what was there
		}
		for _, command := range page.Commands("go", "cd") {
			if into, is := command.Of("cd"); is && len(into) == 1 {
				folder = strings.TrimPrefix(filepath.ToSlash(filepath.Join("/", folder, into[0])), "/")
				continue
			}
			args, is := command.Of("go")
			if !is || len(args) < 2 || args[0] != "test" && args[0] != "run" {
				continue
			}
			typed++
			goCommand(t, command, folder, args[1:])
		}
		folder = ""
	}
	if typed < 8 {
		t.Errorf("only %d were found", typed)
	}
}

// goCommand holds one 'go test' or 'go run' to the packages of the tree.
func goCommand(t *testing.T, command book.Command, folder string, args []string) {
	t.Helper()
	of, pattern, update := "", "", false
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "./") && of == "":
			of = filepath.Join(folder, arg)
		case arg == "-run" && i+1 < len(args):
			pattern = args[i+1]
		case arg == "-update":
			update = true
		}
	}
	if of == "path" {
		return // any
	}
	if files, _ := filepath.Glob(filepath.Join(root, of, "*.go")); len(files) == 0 {
		t.Errorf("%s: there is no package %q", command.Place, of)
		return
	}
	names, updates := tests(t, of)
	if update && !updates {
		t.Errorf("%s: the tests of %s know no -update", command.Place, of)
	}
	if run, err := regexp.Compile(pattern); err != nil || pattern != "" && !slices.ContainsFunc(names, run.MatchString) {
		t.Errorf("%s: %s has no test %q (%v)", command.Place, of, pattern, err)
	}
}
