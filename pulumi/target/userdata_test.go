package target

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/ignition/v2/config/v3_3"
	"github.com/vincent-petithory/dataurl"
	"sigs.k8s.io/yaml"
)

// installed is what a kind of user-data puts on a host.
type installed struct{ userData, script, unit string }

// everyKind makes all kinds of user-data of a script and takes them apart.
func everyKind(t *testing.T, script string) map[string]installed {
	t.Helper()
	return map[string]installed{
		"cloud-config": fromCloudConfig(t, script), "startup-script": fromStartupScript(t, script), "ignition": fromFlatcar(t, script),
	}
}

func fromCloudConfig(t *testing.T, script string) installed {
	t.Helper()
	text, err := CloudConfig(script)
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		WriteFiles []struct{ Path, Permissions, Content string } `json:"write_files"`
		Runcmd     [][]string                                    `json:"runcmd"`
	}
	if err := yaml.UnmarshalStrict([]byte(text), &config); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !strings.HasPrefix(text, "#cloud-config\n") || config.WriteFiles[0].Permissions != "0700" ||
		fmt.Sprint(config.Runcmd[2]) != "[systemctl start --no-block "+bootUnitName+"]" {
		t.Errorf("got %s", text)
	}
	return installed{text, config.WriteFiles[0].Content, config.WriteFiles[1].Content}
}

// fromStartupScript runs it on a host that is a folder.
func fromStartupScript(t *testing.T, script string) installed {
	t.Helper()
	text, err := StartupScript(script)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "etc/systemd/system"), 0o755); err != nil {
		t.Fatal(err)
	}
	moved := strings.NewReplacer(" /var/lib", " "+root+"/var/lib", ">/var/lib", ">"+root+"/var/lib", ">/etc", ">"+root+"/etc", " /etc", " "+root+"/etc")
	// Of the installer only: what it installs stays as it is.
	head, rest, _ := strings.Cut(text, "<<'FIRST-BOOT-SCRIPT'\n")
	body, rest, _ := strings.Cut(rest, "\nFIRST-BOOT-SCRIPT\n")
	middle, rest, _ := strings.Cut(rest, "<<'FIRST-BOOT-UNIT'\n")
	unit, end, _ := strings.Cut(rest, "\nFIRST-BOOT-UNIT\n")
	host := moved.Replace(head) + "<<'FIRST-BOOT-SCRIPT'\n" + body + "\nFIRST-BOOT-SCRIPT\n" +
		moved.Replace(middle) + "<<'FIRST-BOOT-UNIT'\n" + unit + "\nFIRST-BOOT-UNIT\n" + moved.Replace(end)
	command := exec.Command("/bin/sh", "-c", `systemctl() { echo "systemctl $*"; }`+"\n"+host)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "systemctl daemon-reload\nsystemctl enable --quiet " + bootUnitName + "\nsystemctl start --no-block " + bootUnitName + "\n"; string(out) != want {
		t.Errorf("it runs:\n%s", out)
	}
	read := func(path string, mode os.FileMode) string {
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(root, path)); err != nil || info.Mode().Perm()&0o077 != mode {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
		return string(content)
	}
	return installed{text, read(bootScriptPath, 0), read("/etc/systemd/system/"+bootUnitName, 0o044)}
}

func fromFlatcar(t *testing.T, script string) installed {
	t.Helper()
	text, err := FlatcarConfig(script)
	if err != nil {
		t.Fatal(err)
	}
	config, report, err := v3_3.Parse([]byte(text))
	if err != nil || len(report.Entries) > 0 {
		t.Fatalf("Ignition says %v, %s", err, report)
	}
	file, unit := config.Storage.Files[0], config.Systemd.Units[0]
	if file.Path != bootScriptPath || *file.Mode != 0o700 || unit.Name != bootUnitName || !*unit.Enabled {
		t.Errorf("got %s", text)
	}
	content, err := dataurl.DecodeString(*file.Contents.Source)
	if err != nil {
		t.Fatal(err)
	}
	return installed{text, string(content.Data), *unit.Contents}
}

// longest is the longest script that may be.
func longest(t *testing.T) string {
	t.Helper()
	text := script(t, input())
	return text + strings.Repeat("#", FirstBootLimit-len(text)-1) + "\n"
}

func TestUserData_InstallsTheScriptAsItIs(t *testing.T) {
	for _, want := range []string{script(t, input()), longest(t)} {
		var unit string
		for kind, got := range everyKind(t, want) {
			if got.script != want {
				t.Errorf("%s: the script became\n%s", kind, got.script)
			}
			if unit == "" {
				unit = got.unit
			}
			if got.unit != unit || !strings.Contains(unit, "\nExecStart=") || strings.Contains(unit, "@") {
				t.Errorf("%s: its unit is\n%s", kind, got.unit)
			}
			if len(got.userData) > UserDataLimit {
				t.Errorf("%s: %d bytes", kind, len(got.userData))
			}
		}
	}
}

func TestUserData_RunsAnotherScriptButNeverTheSameAgain(t *testing.T) {
	in := input()
	in.BundleSHA256 = strings.Repeat("cd", 32)
	stamp := func(unit string) string {
		_, rest, _ := strings.Cut(unit, "ConditionPathExists=!")
		path, _, _ := strings.Cut(rest, "\n")
		if !strings.HasPrefix(path, "/var/lib/") || !strings.Contains(unit, "&& touch "+path+"'") {
			t.Errorf("the unit does not go by its stamp %q:\n%s", path, unit)
		}
		return path
	}
	one, other := everyKind(t, script(t, input())), everyKind(t, script(t, in))
	for kind := range one {
		if stamp(one[kind].unit) == stamp(other[kind].unit) {
			t.Errorf("%s: two scripts have one stamp", kind)
		}
	}
}

func TestUserData_RefusesWhatIsNoFirstBootScript(t *testing.T) {
	good := script(t, input())
	for name, text := range map[string]string{
		"too long": longest(t) + "#\n", "no shebang": "echo\n", "no end": strings.TrimSpace(good),
	} {
		for kind, make := range map[string]func(string) (string, error){"cloud-config": CloudConfig, "startup-script": StartupScript, "ignition": FlatcarConfig} {
			if out, err := make(text); err == nil {
				t.Errorf("%s: %s gave\n%s", name, kind, out)
			}
		}
	}
	if out, err := StartupScript(good + "FIRST-BOOT-SCRIPT\necho\n"); err == nil {
		t.Errorf("a script that ends its own text gave\n%s", out)
	}
}

// check runs a program that knows better; a machine without it skips.
func check(t *testing.T, text, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("no %s here", name)
	}
	path := filepath.Join(t.TempDir(), bootUnitName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(name, append(args, path)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, text)
	}
}

func TestCloudConfig_FitsTheSchemaOfCloudInit(t *testing.T) {
	check(t, fromCloudConfig(t, script(t, input())).userData, "cloud-init", "schema", "--config-file")
}

func TestStartupScript_IsCleanForShellcheck(t *testing.T) {
	check(t, fromStartupScript(t, script(t, input())).userData, "shellcheck", "--shell=sh")
}

func TestUnit_IsWellFormedForSystemd(t *testing.T) {
	check(t, fromCloudConfig(t, script(t, input())).unit, "systemd-analyze", "verify", "--man=no")
}
