package layers_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// TestMain is also the program that runs in a pod of hosts.sh.
func TestMain(m *testing.M) {
	at := os.Getenv("LAYERS_AT")
	switch os.Getenv("LAYERS_HELPER") {
	case "serve":
		fmt.Println(serve(at))
		os.Exit(1)
	case "ask":
		if err := ask(at); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve tells everybody the address that they come from.
func serve(at string) error {
	return http.ListenAndServe(at, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = io.WriteString(w, host)
	}))
}

func ask(at string) error {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get("http://" + at)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

// nodesJSON is what an API server answers, as far as the script reads it: two
// hosts, and one that has no range yet.
const nodesJSON = `{
  "kind": "NodeList",
  "metadata": {
    "resourceVersion": "1"
  },
  "items": [
    {
      "metadata": {
        "name": "a"
      },
      "spec": {
        "podCIDR": "10.244.0.0/24",
        "podCIDRs": [
          "10.244.0.0/24"
        ]
      },
      "status": {
        "addresses": [
          {
            "type": "InternalIP",
            "address": "10.1.0.2"
          },
          {
            "type": "Hostname",
            "address": "a"
          }
        ]
      }
    },
    {
      "metadata": {
        "name": "b"
      },
      "spec": {
        "podCIDR": "10.244.1.0/24"
      },
      "status": {
        "addresses": [
          {
            "type": "InternalIP",
            "address": "10.1.0.3"
          }
        ]
      }
    },
    {
      "metadata": {
        "name": "new"
      },
      "spec": {},
      "status": {
        "addresses": [
          {
            "type": "InternalIP",
            "address": "10.1.0.4"
          }
        ]
      }
    }
  ]
}
`

// The layer of the walk carries packets from pod to pod across hosts, with the
// plugins that hosts have.
func TestToy_CarriesPacketsBetweenHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the plugins")
	}
	if os.Geteuid() != 0 {
		t.Skip("makes network namespaces, which only root can")
	}
	for _, program := range []string{"ip", "iptables", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s: %v", program, err)
		}
	}
	plugins := pluginsOfHosts(t)
	helper, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	toy := write(t, t.TempDir(), "toy.sh", toyFiles(t)["toy.sh"])
	command := exec.CommandContext(t.Context(), "bash", filepath.Join("testdata", "hosts.sh"), toy, plugins, helper)
	command.Stdin = strings.NewReader(nodesJSON)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The pod's own address: packets within the cluster are not masqueraded.
	// One route: to the other host, and none to the one without a range.
	const want = "pod a has 10.244.0.2, pod b 10.244.1.2\npod b was asked by 10.244.0.2\nhosts have 1 route\n"
	if string(out) != want {
		t.Errorf("it ended as\n%s\nwant\n%s", out, want)
	}
}

// pluginsOfHosts is a folder with the plugins that hosts get: those of the
// builder's cache, else made here.
func pluginsOfHosts(t *testing.T) string {
	t.Helper()
	if cache, err := images.CacheDir(); err == nil {
		if built, _ := filepath.Glob(filepath.Join(cache, "build", "cni-plugins@*", "bridge")); len(built) > 0 {
			return filepath.Dir(built[0])
		}
	}
	folder := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", folder,
		"github.com/containernetworking/plugins/plugins/main/bridge", "github.com/containernetworking/plugins/plugins/ipam/host-local")
	build.Dir = "../../bootstrap-image/source/cni"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the plugins: %v\n%s", err, out)
	}
	return folder
}
