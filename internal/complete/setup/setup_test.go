package setup

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// user is a machine whose PATH has krew's folder and those that are named,
// below the home folder. The program is where krew links it.
func user(t *testing.T, folders ...string) Machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	home := t.TempDir()
	m := Machine{Home: home, OS: "linux", Plugin: filepath.Join(home, ".krew", "bin", Program)}
	path := []string{filepath.Join(home, ".krew", "bin")}
	for _, folder := range folders {
		path = append(path, filepath.Join(home, folder))
	}
	for _, folder := range path {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	place(t, filepath.Join(home, "store", Program), "#!/bin/sh\necho asked \"$@\"\n")
	if err := os.Symlink(filepath.Join(home, "store", Program), m.Plugin); err != nil {
		t.Fatal(err)
	}
	m.Getenv = func(name string) string {
		return map[string]string{"PATH": strings.Join(path, string(filepath.ListSeparator))}[name]
	}
	return m
}

func place(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// at is the link in a folder of the home, and none of krew's may be.
func at(t *testing.T, m Machine, folder string) string {
	t.Helper()
	to, err := os.Readlink(filepath.Join(m.Home, folder, LinkName))
	if err != nil {
		t.Errorf("there is no link: %v", err)
	}
	if there, _ := m.look(filepath.Join(m.krew(), LinkName)); there {
		t.Error("a link is in krew's folder")
	}
	return to
}

func TestLink_GoesIntoAFolderOfTheUsersAndNotKrews(t *testing.T) {
	for want, folders := range map[string][]string{
		".local/bin": {"tools", "bin", ".local/bin"},
		"bin":        {"tools", "bin"},
		"tools":      {"tools"},
	} {
		m := user(t, folders...)
		said, err := m.Link()
		if err != nil || len(said) != 1 || !strings.Contains(said[0], "is linked to ~/.krew/bin/"+Program) {
			t.Errorf("%v: said %q, %v", folders, said, err)
		}
		if to := at(t, m, want); to != m.Plugin {
			t.Errorf("it leads to %s", to)
		}
		// As kubectl calls it (exec.LookPath of the name).
		t.Setenv("PATH", m.Getenv("PATH"))
		found, err := exec.LookPath(LinkName)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("/bin/sh", found, "x").CombinedOutput(); err != nil || string(out) != "asked x\n" {
			t.Errorf("called, it says %q, %v", out, err)
		}
		if said, err := m.Link(); err != nil || len(said) != 1 || !strings.Contains(said[0], "is there already") {
			t.Errorf("again: said %q, %v", said, err)
		}
	}
}

func TestLink_GoesBesideAProgramThatIsNotKrews(t *testing.T) {
	m := user(t, ".local/bin", "go/bin")
	m.Plugin = filepath.Join(m.Home, "go", "bin", Program)
	place(t, m.Plugin, "")
	if _, err := m.Link(); err != nil {
		t.Fatal(err)
	}
	if to := at(t, m, "go/bin"); to != Program {
		t.Errorf("it leads to %s", to)
	}
}

func TestCandidates_LeaveThePackageManagersFoldersForLast(t *testing.T) {
	m := user(t)
	m.Getenv = func(name string) string {
		return map[string]string{"PATH": "/usr/bin:relative:/opt/x:/bin:/opt/y:/opt/x", "KREW_ROOT": "/opt/k"}[name]
	}
	if got, want := m.candidates(), []string{"/opt/x", "/opt/y", "/usr/bin", "/bin"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	m.Getenv = func(name string) string {
		return map[string]string{"PATH": "/opt/k/bin:/opt/x", "KREW_ROOT": "/opt/k"}[name]
	}
	if got := m.candidates(); !slices.Equal(got, []string{"/opt/x"}) {
		t.Errorf("got %q", got)
	}
}

func TestLink_LeavesKrewsFolderToKrew(t *testing.T) {
	m := user(t)
	_, err := m.Link()
	if !errors.Is(err, ErrNoFolder) {
		t.Errorf("got %v", err)
	}
	if there, _ := m.look(filepath.Join(m.krew(), LinkName)); there {
		t.Error("a link is in krew's folder")
	}
}

func TestLink_TakesAwayWhatAnEarlierVersionPutIntoKrewsFolder(t *testing.T) {
	m := user(t, "bin")
	if err := os.Symlink(Program, filepath.Join(m.krew(), LinkName)); err != nil {
		t.Fatal(err)
	}
	said, err := m.Link()
	if err != nil || !strings.Contains(strings.Join(said, "\n"), "krew's alone") {
		t.Errorf("said %q, %v", said, err)
	}
	at(t, m, "bin")
}

func TestLink_FollowsTheProgramWhereTheLinkIs(t *testing.T) {
	m := user(t, ".local/bin", "tools")
	if err := os.Symlink("/gone/"+Program, filepath.Join(m.Home, "tools", LinkName)); err != nil {
		t.Fatal(err)
	}
	said, err := m.Link()
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "was to /gone/"+Program) {
		t.Errorf("said %q, %v", said, err)
	}
	if to := at(t, m, "tools"); to != m.Plugin {
		t.Errorf("it leads to %s", to)
	}
}

func TestLink_RefusesToReplaceWhatItDidNotMake(t *testing.T) {
	for name, placed := range map[string]func(path string) error{
		"a file":                  func(path string) error { return os.WriteFile(path, []byte("mine"), 0o755) },
		"a link to another thing": func(path string) error { return os.Symlink("/bin/sh", path) },
	} {
		m := user(t, ".local/bin", "tools")
		theirs := filepath.Join(m.Home, "tools", LinkName)
		if err := placed(theirs); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(theirs)
		if _, err := m.Link(); err == nil || !strings.Contains(err.Error(), "mv "+theirs) {
			t.Errorf("%s: got %v", name, err)
		}
		said, err := m.Unlink()
		if err != nil || len(said) != 1 || !strings.Contains(said[0], "~/tools/"+LinkName+" is left") {
			t.Errorf("%s: said %q, %v", name, said, err)
		}
		if after, err := os.ReadFile(theirs); err != nil || string(after) != string(before) {
			t.Errorf("%s: it is changed: %v", name, err)
		}
		if there, _ := m.look(filepath.Join(m.Home, ".local", "bin", LinkName)); there {
			t.Errorf("%s: a link was made beside it", name)
		}
	}
}

func TestUnlink_TakesAwayWhatLinkMade(t *testing.T) {
	m := user(t, "bin")
	if _, err := m.Link(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(Program, filepath.Join(m.krew(), LinkName)); err != nil {
		t.Fatal(err)
	}
	// krew has taken the program away meanwhile.
	if err := os.Remove(m.Plugin); err != nil {
		t.Fatal(err)
	}
	said, err := m.Unlink()
	if err != nil || len(said) != 2 || strings.Count(strings.Join(said, "\n"), "is removed") != 2 {
		t.Errorf("said %q, %v", said, err)
	}
	if said, err := m.Unlink(); err != nil || len(said) > 0 {
		t.Errorf("again: said %q, %v", said, err)
	}
}

func TestLook_KnowsThisProgramByAnotherName(t *testing.T) {
	m := user(t, "bin")
	m.Plugin = filepath.Join(m.Home, "bin", "ka")
	place(t, m.Plugin, "")
	if _, err := m.Link(); err != nil {
		t.Fatal(err)
	}
	if there, ours := m.look(filepath.Join(m.Home, "bin", LinkName)); !there || !ours {
		t.Errorf("there %t, ours %t", there, ours)
	}
}
