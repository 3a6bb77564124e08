package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

// TestEverything_PrintsNothing runs TestQuietChild with a home, a path and a
// working folder of its own and looks at what that leaves.
func TestEverything_PrintsNothing(t *testing.T) {
	folder := t.TempDir()
	userHome := filepath.Join(folder, "user")
	if err := os.Mkdir(userHome, 0o700); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestQuietChild$")
	child.Dir = userHome
	child.Env = []string{childFolder + "=" + folder, "HOME=" + userHome, "PATH=/nonexistent", "TMPDIR=" + userHome}
	output, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, output)
	}
	want(t, "output", string(output), "PASS\n")
	entries, err := os.ReadDir(userHome)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) > 0 {
		t.Errorf("left in the user's home and folder for temporary files: %v", entries)
	}
}

// TestQuietChild does everything there is to do, failures too.
func TestQuietChild(t *testing.T) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		t.Skip("only for a child process")
	}
	b := openBench(t, folder, enginetest.NewWorld())
	things := enginetest.Named("a", "b")
	if _, err := b.Preview(t.Context(), things.Program(), nil); err != nil {
		t.Fatal(err)
	}
	b.world.Fault(enginetest.Create, "b", enginetest.Fail("no room"))
	if _, err := b.Up(t.Context(), things.Program(), nil); err == nil {
		t.Fatal("want a failure")
	}
	b.world.Fault(enginetest.Create, "b", nil)
	b.up(t, things)
	if _, err := b.Refresh(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Destroy(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStacks_RunSideBySide(t *testing.T) {
	folder := t.TempDir()
	var all sync.WaitGroup
	for n := range 4 {
		world := enginetest.NewWorld()
		b := openBench(t, folder, world)
		b.options.Stack = fmt.Sprintf("stack-%d", n)
		b.options.Providers = map[string]engine.Provider{enginetest.Package: world.Provider}
		b.reopen(t)
		things := enginetest.Named(fmt.Sprintf("only-in-%d", n), "b", "c")
		things["b"] = enginetest.Thing{Value: fmt.Sprint(n), Secret: fmt.Sprint("secret of ", n)}
		all.Go(func() {
			for range 2 {
				if _, err := b.Up(t.Context(), things.Program(), nil); err != nil {
					t.Error(err)
				}
			}
			outputs, err := b.Outputs(t.Context())
			if err != nil || outputs["b"] != fmt.Sprint(n) || outputs["b-secret"] != fmt.Sprint("secret of ", n) {
				t.Errorf("stack %d has outputs %v, error %v", n, outputs, err)
			}
			if len(world.Names()) != 3 || !strings.HasPrefix(world.Names()[2], "only-in-") {
				t.Errorf("world %d holds %v", n, world.Names())
			}
		})
	}
	all.Wait()
}

func TestServe_OffersAProviderOnAPort(t *testing.T) {
	world := enginetest.NewWorld()
	provider, err := world.Provider()
	if err != nil {
		t.Fatal(err)
	}
	port, stop, err := engine.Serve(provider)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b := newBench(t)
	b.options.Providers = nil
	b.reopen(t)
	// This is how the stock program is told of it.
	t.Setenv("PULUMI_DEBUG_PROVIDERS", fmt.Sprintf("%s:%d", enginetest.Package, port))
	b.up(t, enginetest.Named("a"))
	want(t, "world", world.Names(), []string{"a"})
}
