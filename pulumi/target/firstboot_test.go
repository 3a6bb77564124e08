package target

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func input() FirstBootInput {
	return FirstBootInput{
		BootstrapImage: "ghcr.io/kubernetes-anywhere/bootstrap:v1.37.1",
		BundleURL:      "file:///var/lib/cloud/node-bundle.json",
		BundleSHA256:   strings.Repeat("ab", 32),
		ImageArchive:   "/var/lib/kubernetes-anywhere/images.tar",
		Deadline:       30 * time.Second,
	}
}

func script(t *testing.T, in FirstBootInput) string {
	t.Helper()
	text, err := FirstBoot(in)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// run executes a script with the given commands, and the host's own tools, on
// PATH. It returns the output and what the fake docker was called with.
func run(t *testing.T, text string, commands map[string]string) (output, calls string, err error) {
	t.Helper()
	bin, state := t.TempDir(), t.TempDir()
	if commands["stat"] == "" {
		commands["stat"] = "echo 100 1"
	}
	// Unless a test looks at it, what was loaded is noted in the test's folder.
	text = strings.Replace(text, "LOADED=/var/lib", "LOADED="+state, 1)
	text = strings.Replace(text, "CONSOLE=/dev/console", "CONSOLE="+filepath.Join(state, "console"), 1)
	commands["sleep"] = `echo "sleep $*" >>"$STATE/calls"`
	for name, body := range commands {
		body = "#!/bin/sh\nSTATE=" + state + "\n" + body + "\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range []string{"date", "tail", "grep", "cat", "sh", "mkdir", "touch"} {
		if _, faked := commands[tool]; faked {
			continue
		}
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("no %s here", tool)
		}
		// Last, so that no fake is ever written through a link to the real one.
		if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("/bin/sh", "-c", text)
	command.Env = []string{"PATH=" + bin}
	out, err := command.CombinedOutput()
	logged, _ := os.ReadFile(filepath.Join(state, "calls"))
	return string(out), string(logged), err
}

const record = `echo "docker $*" >>"$STATE/calls"` + "\n"

func wantInOrder(t *testing.T, text string, wants ...string) {
	t.Helper()
	rest := text
	for _, want := range wants {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q does not follow in:\n%s", want, text)
		}
		rest = after
	}
}

func TestFirstBoot_LoadsTheArchiveThenRunsTheBootstrap(t *testing.T) {
	in := input()
	out, calls, err := run(t, script(t, in), map[string]string{"docker": record})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantInOrder(t, calls, "docker version\n",
		"docker load -q -i /var/lib/kubernetes-anywhere/images.tar\n",
		"docker run --rm --privileged --pid=host --net=host -v /:/host ghcr.io/kubernetes-anywhere/bootstrap:v1.37.1 apply"+
			" --bundle file:///var/lib/cloud/node-bundle.json --bundle-sha256 "+in.BundleSHA256+"\n")
	wantInOrder(t, out, "waiting for the Docker daemon", "loading /var/lib", "this host is a node")
}

func TestFirstBoot_PrefersTheSmallerArchive(t *testing.T) {
	in := input()
	in.BootstrapArchive = "/boot.tar"
	out, calls, err := run(t, script(t, in), map[string]string{"docker": record})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if strings.Count(calls, "docker load") != 1 || !strings.Contains(calls, "docker load -q -i /boot.tar\n") {
		t.Errorf("got:\n%s", calls)
	}
}

func TestFirstBoot_LoadsAnArchiveOnceUntilItIsAnother(t *testing.T) {
	loaded := filepath.Join(t.TempDir(), "folder", "loaded")
	text := strings.Replace(script(t, input()), "LOADED=/var/lib/kubernetes-anywhere/first-boot-loaded", "LOADED="+loaded, 1)
	for i, round := range []struct {
		stat string
		want int
	}{{"100 1", 1}, {"100 1", 0}, {"100 2", 1}} {
		out, calls, err := run(t, text, map[string]string{"docker": record, "stat": "echo " + round.stat})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := strings.Count(calls, "docker load"); got != round.want {
			t.Errorf("round %d loaded %d times:\n%s", i+1, got, calls)
		}
	}
}

func TestFirstBoot_WaitsForTheDaemonAndSaysWhy(t *testing.T) {
	docker := record + `[ "$1" != version ] || [ -e "$STATE/up" ] || { touch "$STATE/up"; echo "Cannot connect to the daemon" >&2; exit 1; }`
	out, calls, err := run(t, script(t, input()), map[string]string{"docker": docker})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantInOrder(t, out, "reaching the Docker daemon failed: Cannot connect to the daemon; again in 1s", "this host is a node")
	wantInOrder(t, calls, "docker version", "sleep 1", "docker version", "docker run")
}

func TestFirstBoot_RetriesTheBootstrapWithItsReason(t *testing.T) {
	docker := record + `[ "$1" = run ] || exit 0
[ -e "$STATE/one" ] || { touch "$STATE/one"; echo "no route to host"; exit 1; }
[ -e "$STATE/two" ] || { touch "$STATE/two"; exit 125; }`
	out, calls, err := run(t, script(t, input()), map[string]string{"docker": docker})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantInOrder(t, out, "no route to host", "it exited with status 1", "again in 2s", "docker could not start it", "again in 4s", "this host is a node")
	wantInOrder(t, calls, "sleep 2", "docker run", "sleep 4", "docker run")
}

func TestFirstBoot_GivesUpAtItsDeadline(t *testing.T) {
	docker := record + `[ "$1" != run ] || exit 3`
	// A clock that runs a minute with every look at it.
	date := `n=$(cat "$STATE/clock" 2>/dev/null || echo 0); echo $((n + 60)) >"$STATE/clock"; echo "$n"`
	in := input()
	in.Deadline = 5 * time.Minute
	text := script(t, in)
	out, _, err := run(t, text, map[string]string{"docker": docker, "date": date})
	if err == nil {
		t.Fatalf("it did not fail:\n%s", out)
	}
	wantInOrder(t, out, "again in 2s", "gave up the bootstrap after 300s: it exited with status 3")
}

func TestFirstBoot_InstallsAnEngineWhereThereIsNone(t *testing.T) {
	apt := `echo "apt-get $*" >>"$STATE/calls"
[ "$1" != install ] || { mkdir -p "$STATE"; echo '#!/bin/sh' >"${0%/*}/docker"; echo "echo \"docker \$*\" >>$STATE/calls" >>"${0%/*}/docker"; /bin/chmod +x "${0%/*}/docker"; }`
	out, calls, err := run(t, script(t, input()), map[string]string{
		"apt-get": apt, "apt-cache": `echo docker-cli`,
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantInOrder(t, calls, "apt-get update", "docker.io docker-cli\n", "docker run")
}

func TestFirstBoot_UsesPodmanWhereThereIsOnlyThat(t *testing.T) {
	out, calls, err := run(t, script(t, input()), map[string]string{
		"podman": `echo "podman $*" >>"$STATE/calls"`, "apt-get": `echo "apt-get $*" >>"$STATE/calls"`,
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantInOrder(t, calls, "podman load -q -i /var/lib/kubernetes-anywhere/images.tar\n", "podman run --rm --privileged --pid=host --net=host -v /:/host ")
	if strings.Contains(calls, "apt-get") || strings.Contains(out, "Docker") {
		t.Errorf("it looks for Docker:\n%s\n%s", calls, out)
	}
}

func TestFirstBoot_SaysWhatToDoWithoutEngineAndPackages(t *testing.T) {
	out, _, err := run(t, script(t, input()), map[string]string{})
	if err == nil {
		t.Fatal("it did not fail")
	}
	wantInOrder(t, out, "no docker here and no apt-get", "use an image with Docker")
}

func TestFirstBoot_FitsIntoUserData(t *testing.T) {
	if got := len(script(t, input())); got > FirstBootLimit-512 {
		t.Errorf("the script is %d bytes long, which leaves too little room for long names", got)
	}
}

func TestFirstBoot_RefusesWhatCouldBreakOutOfItsQuotes(t *testing.T) {
	for name, change := range map[string]func(*FirstBootInput){
		"image":   func(in *FirstBootInput) { in.BootstrapImage = "a' ; rm -rf /" },
		"URL":     func(in *FirstBootInput) { in.BundleURL = "file:///a'b" },
		"digest":  func(in *FirstBootInput) { in.BundleSHA256 = "abc" },
		"archive": func(in *FirstBootInput) { in.ImageArchive = "relative.tar" },
		"newline": func(in *FirstBootInput) { in.BootstrapImage = "a\nb" },
	} {
		in := input()
		change(&in)
		if text, err := FirstBoot(in); err == nil {
			t.Errorf("%s: it wrote\n%s", name, text)
		}
	}
}

func TestFirstBoot_IsCleanForShellcheck(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		t.Skip("no shellcheck here: apt-get install -y shellcheck")
	}
	command := exec.Command("shellcheck", "--shell=sh", "-")
	command.Stdin = strings.NewReader(script(t, input()))
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestFirstBoot_TakesTheURLOfEveryStore(t *testing.T) {
	for _, url := range []string{
		"gcpsecretmanager://projects/acme-prod-1/secrets/" + strings.Repeat("a", 32) + "-pool-" + strings.Repeat("b", 20),
		"awssecretsmanager://arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:" + strings.Repeat("a", 60) + "-AbCdEf?region=us-gov-west-1",
		"awssecretsmanager://kubernetes-anywhere/demo/workers?region=eu-central-1",
		"azurekeyvault://" + strings.Repeat("v", 24) + ".vault.azure.net/secrets/demo-workers?client=00000000-0000-0000-0000-000000000000",
	} {
		in := input()
		in.BundleURL, in.ImageArchive = url, ""
		in.BootstrapImage = "registry.example.com/mirrors/kubernetes-anywhere/bootstrap@sha256:" + strings.Repeat("0", 64)
		if text := script(t, in); !strings.Contains(text, "BUNDLE='"+url+"'\n") {
			t.Errorf("the script has another URL than %s", url)
		}
	}
}
