package kube_test

import (
	encoding "encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// kubelet is as much of a kubelet as the API server needs to have a program
// run in a pod: it runs it on this machine, and pods of its node are running as
// soon as they are there.
type kubelet struct {
	server *httptest.Server
	node   string
	mu     sync.Mutex
	// refuse is how many connections are to be cut before one is served.
	refuse int
	// asked are the programs that were asked for.
	asked [][]string
}

func newKubelet(t *testing.T, api *kubetest.Server, c *kube.Client, node string) *kubelet {
	t.Helper()
	k := &kubelet{node: node}
	k.server = httptest.NewTLSServer(k)
	t.Cleanup(k.server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(k.server.URL, "https://"), ":")
	api.Do(t, kubetest.AdminToken, "POST", "/api/v1/nodes", "application/json", `{"metadata": {"name": "`+node+`"}}`)
	api.Do(t, kubetest.AdminToken, "PATCH", "/api/v1/nodes/"+node+"/status", "application/merge-patch+json",
		`{"status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": `+port+`}}}}`)
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() { k.runPods(t, api, c, stop) })
	t.Cleanup(func() { close(stop); done.Wait() })
	return k
}

// runPods says of every pod of the node that it runs, and of a detached one,
// whose program is no sleep, that it has ended with status 7.
func (k *kubelet) runPods(t *testing.T, api *kubetest.Server, c *kube.Client, stop chan struct{}) {
	seen := map[string]bool{}
	for {
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
		pods, err := c.Pods(t.Context(), "kube-system", kube.HostPodLabel)
		if err != nil {
			continue
		}
		for _, pod := range pods {
			if pod.Node != k.node || seen[pod.Name] {
				continue
			}
			seen[pod.Name] = true
			state := `"running": {}`
			obj, found, err := c.Get(t.Context(), kube.Ref{Version: "v1", Kind: "Pod", Namespace: "kube-system", Name: pod.Name})
			if err != nil || !found {
				continue
			}
			if text, _ := encoding.Marshal(obj.Object["spec"]); !strings.Contains(string(text), `"sleep"`) {
				state = `"terminated": {"exitCode": 7}`
			}
			api.Do(t, kubetest.AdminToken, "PATCH", "/api/v1/namespaces/kube-system/pods/"+pod.Name+"/status", "application/merge-patch+json",
				`{"status": {"phase": "Running", "containerStatuses": [{"name": "host", "image": "i", "imageID": "i", "ready": true, "restartCount": 0, "state": {`+state+`}}]}}`)
		}
	}
}

// ServeHTTP implements http.Handler.
func (k *kubelet) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if strings.HasPrefix(in.URL.Path, "/containerLogs/") {
		_, _ = io.WriteString(out, "a line of its log\n")
		return
	}
	k.mu.Lock()
	refused := k.refuse > 0
	if refused {
		k.refuse--
	}
	k.asked = append(k.asked, in.URL.Query()["command"])
	k.mu.Unlock()
	if refused {
		connection, _, err := out.(http.Hijacker).Hijack()
		if err == nil {
			_ = connection.Close()
		}
		return
	}
	if err := serveExec(out, in); err != nil {
		http.Error(out, err.Error(), http.StatusInternalServerError)
	}
}

// serveExec runs a program with the streams that are asked for, and tells its
// status in version 4 of the protocol.
func serveExec(out http.ResponseWriter, in *http.Request) error {
	if _, err := httpstream.Handshake(in, out, []string{"v4.channel.k8s.io"}); err != nil {
		return err
	}
	query, want := in.URL.Query(), 1
	for _, name := range []string{"input", "output", "error"} {
		if query.Get(name) == "1" {
			want++
		}
	}
	came := make(chan httpstream.Stream, want)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(out, in, func(stream httpstream.Stream, _ <-chan struct{}) error {
		came <- stream
		return nil
	})
	if connection == nil {
		return nil // which the upgrader has answered
	}
	defer connection.Close()
	streams := map[string]httpstream.Stream{}
	for range want {
		stream := <-came
		streams[stream.Headers().Get(corev1.StreamType)] = stream
	}
	program := exec.Command(query["command"][0], query["command"][1:]...)
	program.Stdout, program.Stderr = streams[corev1.StreamTypeStdout], streams[corev1.StreamTypeStderr]
	if stdin := streams[corev1.StreamTypeStdin]; stdin != nil {
		program.Stdin = stdin
	}
	status := metav1.Status{Status: metav1.StatusSuccess}
	var exit *exec.ExitError
	if err := program.Run(); errors.As(err, &exit) {
		status = metav1.Status{Status: metav1.StatusFailure, Reason: "NonZeroExitCode", Message: err.Error(), Details: &metav1.StatusDetails{
			Causes: []metav1.StatusCause{{Type: "ExitCode", Message: strconv.Itoa(exit.ExitCode())}},
		}}
	} else if err != nil {
		status = metav1.Status{Status: metav1.StatusFailure, Message: fmt.Sprint(err)}
	}
	return encoding.NewEncoder(streams[corev1.StreamTypeError]).Encode(status)
}
