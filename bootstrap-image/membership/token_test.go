package membership

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
)

func tokens(t *testing.T, c *cluster, first *world) {
	inviter, err := NewInviter(t.Context(), first.options, "registry.example.com/bootstrap:x")
	if err != nil {
		t.Fatal(err)
	}
	defer inviter.Close()
	line, err := inviter.Line(t.Context(), Invitation{TTL: 2 * time.Hour, Pool: "workers"})
	if err != nil || !strings.Contains(line.Command, "docker run --rm --privileged --pid=host --net=host -v /:/host registry.example.com/bootstrap:x join 10.1.0.2:6443 --token ") {
		t.Fatalf("%v: %q", err, line.Command)
	}
	if _, err := inviter.Line(t.Context(), Invitation{TTL: time.Hour, Pool: "gpus"}); err == nil {
		t.Error("a token was made for a pool that is not there")
	}
	found, err := inviter.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Write(&out, found); err != nil {
		t.Fatal(err)
	}
	t.Logf("token list:\n%s", out.String())
	token := first.parse(line.Command).Token
	id := token[:6]
	if !strings.Contains(out.String(), id) || strings.Contains(out.String(), token[7:]) {
		t.Errorf("want the id %s and not the secret:\n%s", id, out.String())
	}
	if err := inviter.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	refused(t, inviter.Delete(t.Context(), id), "there is none of that id")
	w := newWorld(t, c, "w8", "10.1.0.18")
	// The API server may remember a token for a moment.
	var joined error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if _, joined = Admit(context.Background(), w.parse(line.Command)); joined != nil {
			break
		}
	}
	refused(t, joined, "does not know it")
	sealedForOneTokenOnly(t, c, inviter)
	goneWithTheirToken(t, c, inviter)
}

// What a token opens goes with it, whether it is taken away or over.
func goneWithTheirToken(t *testing.T, c *cluster, inviter *Inviter) {
	c.clean()
	kept := inviter.bundle.Credentials
	taken, err := inviter.Create(t.Context(), Grant{TTL: time.Hour, Credentials: &kept})
	if err != nil {
		t.Fatal(err)
	}
	over, err := inviter.Create(t.Context(), Grant{TTL: 2 * time.Second, Credentials: &kept})
	if err != nil {
		t.Fatal(err)
	}
	if err := inviter.Delete(t.Context(), taken.Token); err != nil {
		t.Fatal(err)
	}
	const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/"
	for _, made := range []Made{taken, over} {
		id := made.Token[:6]
		for _, path := range []string{
			secretsPath + "/bootstrap-token-" + id, secretsPath + "/" + node.SealedName(id),
			rbac + "roles/" + node.SealedName(id), rbac + "rolebindings/" + node.SealedName(id),
		} {
			var err error
			for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
				if err = c.admin().Call(t.Context(), http.MethodGet, path, nil, nil); kubeapi.Code(err) == http.StatusNotFound {
					break
				}
			}
			if kubeapi.Code(err) != http.StatusNotFound {
				t.Errorf("%s is still there: %v", path, err)
			}
		}
	}
}

// The bearer of one token for control planes must not read what goes with
// another one.
func sealedForOneTokenOnly(t *testing.T, c *cluster, inviter *Inviter) {
	kept := inviter.bundle.Credentials
	one, err := inviter.Create(t.Context(), Grant{TTL: time.Hour, Credentials: &kept})
	if err != nil {
		t.Fatal(err)
	}
	two, err := inviter.Create(t.Context(), Grant{TTL: time.Hour, Credentials: &kept})
	if err != nil {
		t.Fatal(err)
	}
	bearer := kubeapi.WithToken(c.url(), one.Token, []byte(kept.CA.Certificate))
	defer bearer.Close()
	var held corev1.Secret
	if err := bearer.Call(t.Context(), http.MethodGet, secretsPath+"/"+node.SealedName(one.Token[:6]), nil, &held); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(held.Data[node.SealedKey]), "PRIVATE KEY") {
		t.Error("the credentials are not sealed")
	}
	for _, name := range []string{node.SealedName(two.Token[:6]), "bootstrap-token-" + one.Token[:6]} {
		if err := bearer.Call(t.Context(), http.MethodGet, secretsPath+"/"+name, nil, nil); kubeapi.Code(err) != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}
