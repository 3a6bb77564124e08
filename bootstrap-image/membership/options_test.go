package membership

import (
	"crypto/rand"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func credentialsOf(t *testing.T) node.Credentials {
	t.Helper()
	made, err := node.NewCredentials("demo", time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestJoinOptions_RefuseWhatCannotBeMeant(t *testing.T) {
	good := JoinOptions{Server: "10.0.0.2", Token: "abcdef.0123456789abcdef", Pins: []string{"sha256:" + strings.Repeat("a", 64)}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	if got := good.server(); got != "10.0.0.2:6443" {
		t.Errorf("the server is %s", got)
	}
	for want, change := range map[string]func(*JoinOptions){
		"address of a control plane":   func(o *JoinOptions) { o.Server = "" },
		"not address:port":             func(o *JoinOptions) { o.Server = "https://10.0.0.2:6443" },
		"--token":                      func(o *JoinOptions) { o.Token = "abc" },
		"--ca-cert-hash is missing":    func(o *JoinOptions) { o.Pins = nil },
		"64 hexadecimal digits":        func(o *JoinOptions) { o.Pins = []string{"sha1:aa"} },
		"--certificate-key is missing": func(o *JoinOptions) { o.ControlPlane = true },
		"is a control plane's":         func(o *JoinOptions) { o.CertificateKey = strings.Repeat("a", 64) },
		"reading --certificate-key":    func(o *JoinOptions) { o.ControlPlane, o.CertificateKey = true, "short" },
		"--pool is a worker's": func(o *JoinOptions) {
			o.ControlPlane, o.CertificateKey, o.Pool = true, strings.Repeat("a", 64), "workers"
		},
		"--untaint": func(o *JoinOptions) { o.Untaint = true },
	} {
		o := good
		change(&o)
		err := o.Validate()
		refused(t, err, want)
		if !errors.Is(err, ErrInput) {
			t.Errorf("%v is no error of input", err)
		}
		if strings.Contains(err.Error(), "0123456789abcdef") {
			t.Errorf("the token is in %v", err)
		}
	}
}

// lan is a host's interfaces.
type lan struct {
	prefixes []string
	out      string
}

func (l lan) Prefixes() ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, text := range l.prefixes {
		found = append(found, netip.MustParsePrefix(text))
	}
	return found, nil
}

func (l lan) Outgoing() (netip.Addr, bool) {
	address, err := netip.ParseAddr(l.out)
	return address, err == nil
}

func TestChooseAddress_TakesTheHostsOwnNetwork(t *testing.T) {
	home := lan{[]string{"172.17.0.1/16", "192.168.7.20/24"}, "192.168.7.20"}
	for name, test := range map[string]struct {
		lan     lan
		config  string
		options InitOptions
		address string
		network string
		refusal string
	}{
		"TheOneThatLeadsOut":     {home, "", InitOptions{}, "192.168.7.20", "192.168.7.0/24", ""},
		"TheOnlyOne":             {lan{[]string{"192.168.7.20/24"}, ""}, "", InitOptions{}, "192.168.7.20", "192.168.7.0/24", ""},
		"TheGivenOne":            {home, "", InitOptions{Address: "172.17.0.1"}, "172.17.0.1", "172.17.0.0/16", ""},
		"TheConfigsNetwork":      {home, `, "network": {"nodeCIDR": "172.17.0.0/16"}`, InitOptions{}, "172.17.0.1", "172.17.0.0/16", ""},
		"TheFlagsNetwork":        {home, `, "network": {"nodeCIDR": "10.9.0.0/24"}`, InitOptions{NodeCIDR: "192.168.0.0/16"}, "192.168.7.20", "192.168.0.0/16", ""},
		"NoneInTheConfigs":       {home, `, "network": {"nodeCIDR": "10.9.0.0/24"}`, InitOptions{}, "", "", "--node-cidr"},
		"NotTheHosts":            {home, "", InitOptions{Address: "10.9.9.9"}, "", "", "write one of these as --address"},
		"SeveralAndNoneLeadsOut": {lan{home.prefixes, ""}, "", InitOptions{}, "", "", "say which with --address"},
		"OverlappingPods":        {lan{[]string{"10.244.3.4/16"}, "10.244.3.4"}, "", InitOptions{}, "", "", "overlaps"},
		"ABadNetwork":            {home, "", InitOptions{NodeCIDR: "192.168.7.20/24"}, "", "", "not the range"},
	} {
		t.Run(name, func(t *testing.T) {
			i := &initiation{InitOptions: test.options}
			i.Interfaces, i.Host.Runner, i.ConfigName = test.lan, host.Exec{}, "cluster.json"
			i.Config = []byte(`{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo"}, "spec": {"kubernetesVersion": "v1.37.1"` + test.config + `}}`)
			if err := i.loadConfig(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := i.chooseAddress(t.Context())
			if test.refusal != "" {
				refused(t, err, test.refusal)
				if !errors.Is(err, ErrInput) {
					t.Errorf("%v is no error of input", err)
				}
				return
			}
			if err != nil || i.self.Address != test.address || i.cluster.Spec.Network.NodeCIDR != test.network {
				t.Errorf("got %s in %s (%v)", i.self.Address, i.cluster.Spec.Network.NodeCIDR, err)
			}
		})
	}
}

func TestLoadConfig_TakesTheConfigOfTheTarget(t *testing.T) {
	i := &initiation{InitOptions: InitOptions{ConfigName: "cluster.yaml", Config: []byte(`
apiVersion: kubernetes-anywhere.io/v1alpha1
kind: Cluster
metadata: {name: demo}
spec:
  kubernetesVersion: v1.37.1
  images: {bundle: /srv/images.tar}
  baremetal:
    endpoint: api.example.com:6443
    parallel: 5
    hosts: [{address: 10.0.0.2, agent: true}]
`)}}
	if err := i.loadConfig(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.endpoint != "api.example.com:6443" || i.cluster.Spec.Target != "baremetal" || i.cluster.Spec.Block != nil || i.ImageArchive != "/srv/images.tar" {
		t.Errorf("got endpoint %q, target %q, archive %q", i.endpoint, i.cluster.Spec.Target, i.ImageArchive)
	}
	if names := i.names(); len(names) != 1 || names[0] != "api.example.com" {
		t.Errorf("names are %q", names)
	}
	i.ExtraSANs = []string{"10.0.0.9", "api.example.com"}
	if err := i.checkNames(t.Context()); err != nil {
		t.Error(err)
	}
	i.ExtraSANs = []string{"https://api.example.com"}
	refused(t, i.checkNames(t.Context()), "without a scheme")
	for config, want := range map[string]string{
		`{"spec": {"target": "gcp"}}`: `write "baremetal"`,
		`{"metadata": {"name": "x"}}`: `"apiVersion"`,
		``:                            "empty",
	} {
		i := &initiation{InitOptions: InitOptions{ConfigName: "cluster.json", Config: []byte(config)}}
		err := i.loadConfig(t.Context())
		refused(t, err, want)
		if !errors.Is(err, ErrInput) {
			t.Errorf("%v is no error of input", err)
		}
	}
}
