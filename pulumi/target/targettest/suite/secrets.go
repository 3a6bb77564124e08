package suite

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// secrets looks for every secret of a cluster wherever none may be: in files
// of the state and the engine, in what is said, in objects of the cloud.
func (s *suite) secrets(t *testing.T) {
	b := s.open(t)
	of := shape{controlPlanes: 1, pools: 2}
	b.up(t, of)
	bundles := s.bundles(t, b.cloud.Objects())
	if len(bundles) != 1+of.pools {
		t.Fatalf("got %d bundles", len(bundles))
	}
	hidden := needles(credentialsOf(t, bundles))
	s.found(t, b, hidden)
	// What fails, and what is replaced, writes more than what goes well.
	b.cloud.Fail(targettest.Update, s.Group, b.group(t), fmt.Errorf("no capacity"))
	b.image = strings.Replace(bootstrapImage, "0123", "4567", 1)
	if _, err := b.Up(t.Context(), b.program(t, of), b.sink(nil)); err == nil {
		t.Error("changing the group was to fail")
	}
	b.cloud.Fail(targettest.Update, s.Group, b.group(t), nil)
	b.up(t, of)
	b.refresh(t)
	for name, content := range s.places(t, b) {
		for what, needle := range hidden {
			if bytes.Contains(content, []byte(needle)) {
				t.Errorf("%s holds %s", name, what)
			}
		}
	}
	b.destroy(t, nil)
}

// found demands that the search would find what it looks for: in the secret
// store, where each secret is.
func (s *suite) found(t *testing.T, b *bench, hidden map[string]string) {
	t.Helper()
	found := map[string]bool{}
	for _, o := range b.cloud.Objects() {
		targettest.Strings("", resource.NewProperty(o.Inputs), func(_, text string) {
			for what, needle := range hidden {
				found[what] = found[what] || o.Type == s.Secret && strings.Contains(text, needle)
			}
		})
	}
	count := 0
	for _, is := range found {
		if is {
			count++
		}
	}
	if count != secretsOfACluster || len(hidden) != 4*secretsOfACluster {
		t.Fatalf("of %d secrets %d are found where they must be", len(hidden), count)
	}
}

// group is the name of the first scaling group.
func (b *bench) group(t *testing.T) string {
	t.Helper()
	for _, o := range b.cloud.Objects() {
		if o.Type == b.suite.Group {
			return o.Name
		}
	}
	t.Fatal("there is no scaling group")
	return ""
}

// bundles are the node bundles that the cloud's secret store holds. A worker's
// may hold no key.
func (s *suite) bundles(t *testing.T, objects []targettest.Object) []node.Bundle {
	t.Helper()
	var all []node.Bundle
	for _, o := range objects {
		targettest.Strings("", resource.NewProperty(o.Inputs), func(path, text string) {
			var bundle node.Bundle
			if json.Unmarshal([]byte(text), &bundle) != nil || bundle.Kind != node.Kind {
				return
			}
			if o.Type != s.Secret {
				t.Errorf("%s %q holds a bundle at %s", o.Type, o.Name, path)
			}
			if bundle.Role == node.Worker && strings.Contains(text, "PRIVATE KEY") {
				t.Errorf("the bundle of pool %q holds a key", bundle.Pool)
			}
			all = append(all, bundle)
		})
	}
	return all
}

// secretsOfACluster are four private keys, the encryption key, the token.
const secretsOfACluster = 6

func credentialsOf(t *testing.T, bundles []node.Bundle) node.Credentials {
	t.Helper()
	for _, bundle := range bundles {
		if bundle.Role == node.ControlPlane {
			return bundle.Credentials
		}
	}
	t.Fatal("there is no bundle of control planes")
	return node.Credentials{}
}

// needles are what to look for: of each secret a part that is like no other,
// in plain and as it looks within base64, by what it is.
func needles(c node.Credentials) map[string]string {
	all := map[string]string{}
	for what, text := range map[string]string{
		"the key of the authority": c.CA.Key, "the key of etcd's authority": c.EtcdCA.Key,
		"the key of the front proxy's authority": c.FrontProxyCA.Key, "the service account key": c.ServiceAccountKey,
		"the encryption key": c.EncryptionKey, "the bootstrap token": c.BootstrapToken,
	} {
		if lines := strings.Split(strings.TrimSpace(text), "\n"); len(lines) > 2 {
			text = secretPart(lines[1 : len(lines)-1])
		}
		if len(text) < 16 {
			continue
		}
		all[what] = text
		for shift := range 3 {
			padded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + text))
			// What the neighbours touch is cut off.
			all[fmt.Sprintf("%s in base64 (%d)", what, shift)] = padded[4 : len(padded)-4]
		}
	}
	return all
}

// secretPart is what only the private key has, of a PEM's body. An elliptic
// key's ends with its public half, which is in the certificate too; its secret
// begins after 36 bytes that are the same in all. The end of an RSA key is its
// own.
func secretPart(body []string) string {
	const elliptic, header = 3, 48
	last := body[len(body)-1]
	switch {
	case len(body) <= elliptic && len(body[0]) > header:
		return body[0][header:]
	case len(last) < 16 && len(body) > 1:
		return body[len(body)-2]
	}
	return last
}

// places are all texts that may hold no secret, by name.
func (s *suite) places(t *testing.T, b *bench) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"what the engine said": []byte(b.said.String())}
	files := 0
	for _, folder := range []string{filepath.Join(b.folder, "state"), s.home} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			files++
			content, err := os.ReadFile(path)
			all[path] = content
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// The state, its backup, and the history of two runs.
	if files < 4 {
		t.Fatalf("only %d files were found to look in", files)
	}
	for _, o := range b.cloud.Objects() {
		if o.Type == s.Secret {
			continue
		}
		targettest.Strings("", resource.NewProperty(o.Inputs), func(path, text string) {
			all[fmt.Sprintf("%s %q, %s", o.Type, o.Name, path)] = []byte(text)
		})
		all[fmt.Sprintf("the user-data of %s %q", o.Type, o.Name)] = []byte(s.UserData(o))
	}
	return all
}
