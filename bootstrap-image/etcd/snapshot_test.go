package etcd_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/etcdtest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/restore"
)

// snapshot takes one of the member at an address into a file.
func snapshot(t *testing.T, world *etcdtest.World, address string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "snapshot.db")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	written, err := world.Dial(t, address).Snapshot(t.Context(), file)
	if info, statErr := file.Stat(); err != nil || statErr != nil || info.Size() != written {
		t.Fatalf("%d bytes were written: %v, %v", written, err, statErr)
	}
	return path
}

func TestSnapshot_IsRestoredAsThreeMembersWithAllItsKeys(t *testing.T) {
	world := etcdtest.New(t)
	first := world.Address(1)
	p := world.Start(t, "one", first, t.TempDir(), "new", etcdtest.InitialCluster("one", first), "t")
	keys := world.Keys(t, first)
	for i := range 50 {
		etcdtest.Put(t, keys, fmt.Sprintf("/registry/%d", i), "kept")
	}
	_, before := etcdtest.Get(t, keys, "/registry/1")
	path := snapshot(t, world, first)
	info, err := etcd.Verify(path)
	if err != nil || info.Keys != 50 || info.Revision != before || info.SHA256 == "" || info.Size == 0 {
		t.Fatalf("got %+v, %v, want 50 keys at revision %d", info, err, before)
	}
	etcdtest.Put(t, keys, "/registry/later", "lost")
	p.Kill()

	var peers []restore.Peer
	var pairs []string
	for n := 1; n <= 3; n++ {
		name := fmt.Sprint("m", n)
		peers = append(peers, restore.Peer{Name: name, URL: etcdtest.PeerURL(world.Address(n))})
		pairs = append(pairs, name, world.Address(n))
	}
	for n := 1; n <= 3; n++ {
		data := filepath.Join(t.TempDir(), "data")
		part := restore.Options{Snapshot: path, DataDir: data, Name: fmt.Sprint("m", n), Members: peers, Token: "restored"}
		if err := restore.Member(part); err != nil {
			t.Fatal(err)
		}
		world.Start(t, fmt.Sprint("m", n), world.Address(n), data, "existing", etcdtest.InitialCluster(pairs...), "restored")
	}
	keys = world.Keys(t, world.Address(3))
	if value, after := etcdtest.Get(t, keys, "/registry/49"); value != "kept" || after < before+1_000_000_000 {
		t.Errorf("the last key is %q at revision %d; before it was %d", value, after, before)
	}
	if value, _ := etcdtest.Get(t, keys, "/registry/later"); value != "" {
		t.Errorf("a key that was written after the snapshot is there: %q", value)
	}
	members, err := world.Dial(t, world.Address(2)).Status(t.Context())
	if err != nil || len(members) != 3 {
		t.Fatalf("got %+v, %v", members, err)
	}
	for _, m := range members {
		if !m.Healthy || m.Version == "" || m.DBSize == 0 {
			t.Errorf("member %+v is not well", m)
		}
	}
	// What was restored can be saved and restored again.
	if info, err := etcd.Verify(snapshot(t, world, world.Address(1))); err != nil || info.Revision < before {
		t.Errorf("the snapshot of a restored cluster: %+v, %v", info, err)
	}
}

func TestVerify_RefusesWhatIsNoWholeSnapshot(t *testing.T) {
	world := etcdtest.New(t)
	first := world.Address(1)
	world.Start(t, "one", first, t.TempDir(), "new", etcdtest.InitialCluster("one", first), "t")
	etcdtest.Put(t, world.Keys(t, first), "a", "b")
	good, err := os.ReadFile(snapshot(t, world, first))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(good)/2] ^= 1
	garbage := bytes.Repeat([]byte("no database "), 1024)
	garbage = garbage[:len(garbage)/512*512]
	sum := sha256.Sum256(garbage)
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"a flipped byte":              {flipped, "does not match the SHA-256"},
		"a flipped byte of the sum":   {append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1), "does not match the SHA-256"},
		"cut off":                     {good[:len(good)-100], "which no whole snapshot has"},
		"cut off at a page":           {good[:len(good)-1024], "does not match the SHA-256"},
		"empty":                       {nil, "which no whole snapshot has"},
		"without its sum":             {good[:len(good)-32], "which no whole snapshot has"},
		"no database, with a sum":     {append(bytes.Clone(garbage), sum[:]...), "opening it as a database"},
		"the sum of nothing and that": {func() []byte { s := sha256.Sum256(nil); return s[:] }(), "opening it as a database"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.db")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := etcd.Verify(path); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := etcd.Verify(t.TempDir()); err == nil {
		t.Error("a folder was taken for a snapshot")
	}
	data := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(t.TempDir(), "s.db")
	if err := os.WriteFile(path, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restore.Member(restore.Options{Snapshot: path, DataDir: data, Name: "m", Members: []restore.Peer{{Name: "m", URL: etcdtest.PeerURL(first)}}}); err == nil {
		t.Error("a damaged snapshot was restored")
	}
	if err := restore.Member(restore.Options{Snapshot: path, DataDir: data, Name: "x"}); err == nil || !strings.Contains(err.Error(), "not among the members") {
		t.Errorf("a stranger: %v", err)
	}
}
