package node

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/coreos/ignition/v2/config/v3_6"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// validate is what Ignition itself says of a config.
func validate(t *testing.T, document []byte) string {
	t.Helper()
	_, report, err := v3_6.Parse(document)
	if err != nil {
		return err.Error() + ": " + report.String()
	}
	return report.String()
}

func TestReadBundle_RefusesWhatMakesNoNode(t *testing.T) {
	for name, test := range map[string]struct {
		role   string
		change func(*Bundle)
		want   string
	}{
		"another kind":        {Worker, func(b *Bundle) { b.Kind = "Other" }, "it is kubernetes-anywhere.io/v1alpha1 Other"},
		"no role":             {Worker, func(b *Bundle) { b.Role = "" }, `role "" is neither`},
		"a worker with a key": {Worker, func(b *Bundle) { b.Credentials.CA.Key = "x" }, "gives the key of the authority to a worker"},
		"no endpoint":         {Worker, func(b *Bundle) { b.Endpoint = "" }, "endpoint is empty"},
		"no etcd key":         {ControlPlane, func(b *Bundle) { b.Credentials.EtcdCA.Key = "" }, "credentials.etcdCA.key is empty"},
		"good":                {ControlPlane, func(*Bundle) {}, ""},
	} {
		b := newBundle(t, test.role)
		test.change(&b)
		document, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadBundle(document)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestReadBundle_RefusesAFieldItDoesNotKnow(t *testing.T) {
	if _, err := ReadBundle([]byte(`{"newerThing": 1}`)); err == nil || !strings.Contains(err.Error(), "newerThing") {
		t.Errorf("got %v", err)
	}
}

func TestTokenSecret_RefusesAMalformedToken(t *testing.T) {
	b := newBundle(t, Worker)
	b.Credentials.BootstrapToken = "short.token"
	if _, err := TokenSecret(b, newFacts(Worker).Now); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("got %v, want an error that does not tell the token", err)
	}
}

func TestNthAddress_RefusesARangeThatIsTooSmall(t *testing.T) {
	if got, err := config.Nth("10.96.0.0/16", 10); err != nil || got != "10.96.0.10" {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := config.Nth("10.96.0.0/30", 10); err == nil {
		t.Error("the tenth of four addresses was found")
	}
}
