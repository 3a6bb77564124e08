package node

import "fmt"

// KubeletHealth is where the kubelet answers on its host.
const KubeletHealth = "http://127.0.0.1:10248/healthz"

// LocalAPI is the API server of a control plane, from the host itself.
const LocalAPI = "https://127.0.0.1:6443"

// Component is a part of the control plane that can be asked how it is.
type Component struct {
	Name string
	URL  string
	// Verified components serve a certificate of the cluster's authority.
	Verified bool
}

// EtcdHealth tells whether this host's member of etcd serves.
func EtcdHealth() []Component {
	return []Component{{Name: "etcd", URL: local("http", etcdMetricsPort, "/readyz")}}
}

// APIHealth tells whether this host's API server serves.
func APIHealth() []Component {
	return []Component{{Name: "kube-apiserver", URL: LocalAPI + "/readyz", Verified: true}}
}

// ControllerHealth lists what makes the cluster act on what the API is told.
func ControllerHealth() []Component {
	return []Component{
		{Name: "kube-controller-manager", URL: local("https", controllerManagerPort, "/healthz")},
		{Name: "kube-scheduler", URL: local("https", schedulerPort, "/readyz")},
	}
}

func local(scheme string, port int, path string) string {
	return fmt.Sprintf("%s://127.0.0.1:%d%s", scheme, port, path)
}
