package membership

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
)

// JoinOptions is a line that 'init' or 'token create' printed, and the host it
// was pasted on.
type JoinOptions struct {
	// Host is how the host is reached and where what happens is said.
	Host host.Options
	// Server is address:port of a control plane; the port may be left out.
	Server string
	Token  string
	// Pins are of the cluster's authority; one of them must be the server's.
	Pins []string
	// ControlPlane makes the host one; CertificateKey opens what it must know.
	ControlPlane   bool
	CertificateKey string
	// Pool is the worker's; empty where the cluster has only one.
	Pool string
	// Name and Address are the host's own where empty.
	Name, Address string
	// ImageArchive is the path on the host of an archive of images; empty where
	// there is none besides the default one.
	ImageArchive string
	// Untaint lets ordinary pods run on this control plane.
	Untaint bool
	// Patience is how long the cluster may take to let hosts in at all.
	Patience time.Duration
}

// Validate tells what cannot be meant; it looks at nothing but the options.
func (o JoinOptions) Validate() error {
	if o.Server == "" {
		return input("joining a cluster: the address of a control plane is missing; write join ADDRESS:6443 …")
	}
	if _, port, err := net.SplitHostPort(o.server()); err != nil || port == "" || strings.Contains(o.Server, "/") {
		return input("joining a cluster: %q is not address:port; write it as 10.0.0.2:6443", o.Server)
	}
	if err := checkToken(o.Token); err != nil {
		return err
	}
	if err := checkPins(o.Pins); err != nil {
		return err
	}
	switch {
	case o.ControlPlane && o.CertificateKey == "":
		return input("joining as a control plane: --certificate-key is missing; 'token create --control-plane' prints the whole line")
	case !o.ControlPlane && o.CertificateKey != "":
		return input("joining as a worker: --certificate-key is a control plane's; add --control-plane, or leave it out")
	case o.ControlPlane && o.Pool != "":
		return input("joining as a control plane: --pool is a worker's; leave one of the two out")
	case !o.ControlPlane && o.Untaint:
		return input("joining as a worker: --untaint is a control plane's; leave it out")
	case o.ControlPlane:
		_, err := readKey(o.CertificateKey)
		return err
	}
	return nil
}

// server completes the address with the API's port.
func (o JoinOptions) server() string {
	if _, _, err := net.SplitHostPort(o.Server); err == nil {
		return o.Server
	}
	return net.JoinHostPort(strings.Trim(o.Server, "[]"), "6443")
}

// joining is one join; each step leaves here what later ones need.
type joining struct {
	JoinOptions
	address  string
	api      kubeapi.Client
	template node.Bundle
	self     node.Member
}

// Join makes the host a node of the cluster at the address. Nothing is written
// on the host before the cluster is known and has agreed.
func Join(ctx context.Context, o JoinOptions) error {
	bundle, err := Admit(ctx, o)
	if err != nil {
		return err
	}
	document, err := json.Marshal(bundle)
	if err != nil {
		return fmt.Errorf("encoding the bundle of this host: %w", err)
	}
	apply := o.Host
	apply.Bundle, apply.Stdin, apply.BundleSHA256 = "-", bytes.NewReader(document), ""
	apply.Name, apply.Address = o.Name, o.Address
	return host.Apply(ctx, apply)
}

// Admit asks the cluster what this host is to become. It writes nothing.
func Admit(ctx context.Context, o JoinOptions) (node.Bundle, error) {
	if err := o.Validate(); err != nil {
		return node.Bundle{}, err
	}
	j := &joining{JoinOptions: o, address: o.server()}
	for _, step := range []func(context.Context) error{j.meet, j.readTemplate, j.identify, j.checkName} {
		if err := step(ctx); err != nil {
			j.close()
			return node.Bundle{}, err
		}
	}
	defer j.close()
	archive, err := files{o.Host.HostRoot}.archive(o.ImageArchive)
	if err != nil {
		return node.Bundle{}, err
	}
	j.template.ImageArchive = archive
	if !o.ControlPlane {
		return j.template.AsWorker(o.Pool, o.Token)
	}
	credentials, err := j.credentials(ctx)
	if err != nil {
		return node.Bundle{}, err
	}
	j.template.Untainted = o.Untaint
	return j.template.AsControlPlane(j.self, credentials), nil
}

// close lets go of the connection, if it came to one.
func (j *joining) close() {
	if j.api.HTTP != nil {
		j.api.Close()
	}
}

// meet finds the cluster and makes sure that it is the right one.
func (j *joining) meet(ctx context.Context) error {
	say(j.Host.Log, "joining the cluster at %s", j.address)
	authority, err := discover(ctx, j.address, j.Pins, j.Host.Now)
	if err != nil {
		return err
	}
	j.api = kubeapi.WithToken("https://"+j.address, j.Token, authority)
	return nil
}

// readTemplate reads what hosts that join are told.
func (j *joining) readTemplate(ctx context.Context) error {
	var held corev1.ConfigMap
	path := "/api/v1/namespaces/kube-system/configmaps/" + node.TemplateName
	if err := j.ask(ctx, "to tell this host about the cluster", path, &held, http.StatusForbidden, http.StatusNotFound); err != nil {
		if kubeapi.Code(err) == http.StatusForbidden || kubeapi.Code(err) == http.StatusNotFound {
			return fmt.Errorf("%w; its addon-manager has not let hosts in yet, or the cluster was made by 'kubectl anywhere create', which adds hosts itself", err)
		}
		return err
	}
	template, err := node.ReadTemplate([]byte(held.Data[node.TemplateKey]))
	if err != nil {
		return err
	}
	j.template = template
	var members []string
	for _, member := range template.ControlPlanes {
		members = append(members, member.Name)
	}
	say(j.Host.Log, "  cluster %q, Kubernetes %s, control planes: %s", template.Cluster.Metadata.Name,
		template.Cluster.Spec.KubernetesVersion, strings.Join(members, ", "))
	return nil
}

// identify finds out who this host would be.
func (j *joining) identify(context.Context) error {
	hostname, err := j.Host.Network.Hostname()
	if err != nil {
		return fmt.Errorf("reading the host's name: %w", err)
	}
	addresses, err := j.Host.Network.Addresses()
	if err != nil {
		return fmt.Errorf("reading the host's addresses: %w", err)
	}
	if j.self.Name, err = nodeName(j.Name, hostname); err != nil {
		return err
	}
	j.self.Address, err = addressIn(j.Address, addresses, j.template.Cluster.Spec.Network.NodeCIDR)
	return err
}

// credentials are those of a control plane, opened.
func (j *joining) credentials(ctx context.Context) (node.Credentials, error) {
	id, _, _ := strings.Cut(j.Token, ".")
	var held corev1.Secret
	err := j.ask(ctx, "to give the credentials of a control plane", secretsPath+"/"+node.SealedName(id), &held)
	switch kubeapi.Code(err) {
	case http.StatusForbidden, http.StatusNotFound:
		return node.Credentials{}, fmt.Errorf("joining as a control plane: the token %s is good for workers only; make one with 'token create --control-plane' on a control plane", id)
	}
	if err != nil {
		return node.Credentials{}, err
	}
	opened, err := unseal(held.Data[node.SealedKey], j.CertificateKey)
	if err != nil {
		return node.Credentials{}, err
	}
	// The template may be newer than what was sealed; the key decides.
	if _, err := pinOf([]byte(opened.CA.Certificate)); err != nil {
		return node.Credentials{}, fmt.Errorf("reading the credentials of a control plane: %w", err)
	}
	return opened, nil
}
