package node

// Who renews a certificate.
const (
	// RenewedByTimer is the daily look of the host (RenewTimer).
	RenewedByTimer = "timer"
	// RenewedByKubelet is the kubelet, which asks the API for another one.
	RenewedByKubelet = "kubelet"
)

// Place is where a certificate is on a host: in files, or in a kubeconfig.
type Place struct {
	// Name is the certificate's, as in Request.
	Name string
	// CertPath may hold several authorities.
	CertPath, KeyPath string
	Kubeconfig        string
	// Authority is the file of those who may have signed it; empty for
	// authorities themselves.
	Authority string
	// RenewedBy is empty where nobody does: authorities are replaced.
	RenewedBy string
}

// IsAuthority tells authorities from what they sign.
func (p Place) IsAuthority() bool { return p.Authority == "" }

// KubeletServingPath is where a kubelet keeps its serving certificate.
const KubeletServingPath = kubeletFolder + "/pki/kubelet-server-current.pem"

// Places are where the certificates of a role are. Each is there for as long as
// the host is a node, whatever its bundle says.
func Places(role string) []Place {
	var (
		cluster = pkiPath("ca.crt")
		etcd    = pkiPath("etcd/ca.crt")
		front   = pkiPath("front-proxy-ca.crt")
	)
	kubelet := func(name, path string) Place {
		return Place{Name: name, CertPath: path, KeyPath: path, Authority: cluster, RenewedBy: RenewedByKubelet}
	}
	kubelets := []Place{kubelet(KubeletLeaf, kubeletClientCurrent), kubelet("kubelet-serving", KubeletServingPath)}
	if role != ControlPlane {
		// Trust only: the keys of authorities are the control planes'.
		return append([]Place{{Name: "ca", CertPath: cluster}}, kubelets...)
	}
	files := func(name, authority string) Place {
		return Place{
			Name: name, CertPath: pkiPath(name + ".crt"), KeyPath: pkiPath(name + ".key"),
			Authority: authority, RenewedBy: RenewedByTimer,
		}
	}
	kubeconfig := func(name string) Place {
		return Place{Name: name, Kubeconfig: kubeconfigPath(name), Authority: cluster, RenewedBy: RenewedByTimer}
	}
	authority := func(name string) Place {
		return Place{Name: name, CertPath: pkiPath(name + ".crt"), KeyPath: pkiPath(name + ".key")}
	}
	return append([]Place{
		authority("ca"), authority("etcd/ca"), authority("front-proxy-ca"),
		files("apiserver", cluster), files("apiserver-kubelet-client", cluster),
		files("apiserver-etcd-client", etcd), files("front-proxy-client", front),
		files("etcd/server", etcd), files("etcd/peer", etcd),
		kubeconfig("admin"), kubeconfig("controller-manager"), kubeconfig("scheduler"), kubeconfig("addon-manager"),
	}, kubelets...)
}
