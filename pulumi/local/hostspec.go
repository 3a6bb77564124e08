package local

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Inputs and outputs of local:index:Host, besides cluster, name and cidr.
const (
	roleKey     = "role"
	poolKey     = "pool"
	networkKey  = "network"
	imageKey    = "image"
	addressKey  = "address"
	userDataKey = "userData"
	bundleKey   = "bundle"
	archiveKey  = "imageArchive"
	smallKey    = "bootstrapArchive"
	digestKey   = "imageDigest"
	portKey     = "apiPort"

	// runningKey is an output: false shows a host that someone stopped.
	runningKey = "running"
	// hostAddressKey is an output: the address the host has, given or chosen.
	hostAddressKey = "hostAddress"
	providerIDKey  = "providerID"
)

// Labels of a host's container besides those of every resource.
const (
	hashLabel    = "kubernetes-anywhere.config-hash"
	addressLabel = "kubernetes-anywhere.address"
)

// Paths on a host, and of the machine.
const (
	cloudDir   = "/var/lib/cloud"
	bundlePath = cloudDir + "/node-bundle.json"
	// instancePath names what the first boot is to do; another content runs
	// it again.
	instancePath = cloudDir + "/instance-id"
	archivePath  = "/var/lib/kubernetes-anywhere/images.tar"
	smallPath    = "/var/lib/kubernetes-anywhere/bootstrap.tar"
	modulesPath  = "/lib/modules"
	entrypoint   = "/usr/local/sbin/entrypoint"
)

// bootUnit runs the user-data.
const bootUnit = "user-data.service"

// fixedKeys cannot be changed while a container lives; changeableKeys can.
func fixedKeys() []string {
	return []string{clusterKey, nameKey, roleKey, poolKey, networkKey, cidrKey, imageKey, addressKey, archiveKey, smallKey, portKey}
}

func changeableKeys() []string { return []string{userDataKey, bundleKey, digestKey} }

// spec is a host as its inputs want it.
type spec struct {
	Cluster, Name, Role, Pool   string
	Network, CIDR               string
	Image, Address              string
	Archive, Small              string
	APIPort                     int
	userData, bundle, imageHash string
}

func readSpec(inputs provider.Properties) (spec, error) {
	text := func(key string) string { return provider.Text(inputs, key) }
	s := spec{
		Cluster: text(clusterKey), Name: text(nameKey), Role: text(roleKey), Pool: text(poolKey),
		Network: text(networkKey), CIDR: text(cidrKey),
		Image: text(imageKey), Address: text(addressKey), Archive: text(archiveKey), Small: text(smallKey),
		userData: text(userDataKey), bundle: text(bundleKey), imageHash: text(digestKey),
	}
	if port := text(portKey); port != "" {
		var err error
		if s.APIPort, err = strconv.Atoi(port); err != nil {
			return spec{}, fmt.Errorf("reading the input %q of host %q: %w", portKey, s.Name, err)
		}
	}
	if s.Cluster == "" || s.Name == "" || s.Image == "" || s.Network == "" {
		return spec{}, fmt.Errorf("reading the inputs of host %q: cluster, name, image and network must be given", s.Name)
	}
	return s, nil
}

// hash is of all that is fixed when the container is made, so that one left by
// a run before can be told from one made from another config.
func (s spec) hash(privileged bool) string {
	data, err := json.Marshal(struct {
		spec
		Privileged bool
	}{s, privileged})
	if err != nil {
		panic(err) // strings and an int always marshal
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// instanceID names what the first boot is to do; another id runs it again.
func (s spec) instanceID() string {
	sum := sha256.Sum256([]byte(s.userData + "\x00" + s.bundle + "\x00" + s.imageHash))
	return hex.EncodeToString(sum[:8])
}

// config is the container of a host.
func (s spec) config(address string, here machine) (*container.Config, *container.HostConfig, *network.NetworkingConfig, error) {
	second, err := besides(s.CIDR, address)
	if err != nil {
		return nil, nil, nil, err
	}
	missing := here.missing()
	labels := target.HostLabels(s.Cluster, s.Role, s.Pool)
	labels[hashLabel] = s.hash(len(missing) == 0)
	labels[addressLabel] = address
	patience := 30
	config := &container.Config{
		Hostname:   s.Name,
		Image:      s.Image,
		Entrypoint: []string{entrypoint},
		Env:        []string{"HOST_NAMESERVERS=" + strings.Join(here.nameservers(), " ")},
		Labels:     labels,
		// systemd writes its progress to a console.
		Tty:         true,
		StopSignal:  "SIGRTMIN+3",
		StopTimeout: &patience,
	}
	host := &container.HostConfig{
		CgroupnsMode: container.CgroupnsModePrivate,
		// As a machine does, a host comes back after a reboot, its own or that
		// of the machine around it.
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyUnlessStopped},
		Tmpfs:         map[string]string{"/run": "", "/tmp": ""},
		Mounts:        s.mounts(here),
		NetworkMode:   container.NetworkMode(s.Network),
	}
	// systemd is init already; Docker's would be in its way.
	host.Init = new(bool)
	privilege(host, missing)
	if s.APIPort != 0 {
		port := nat.Port("6443/tcp")
		config.ExposedPorts = nat.PortSet{port: {}}
		host.PortBindings = nat.PortMap{port: {{HostIP: "127.0.0.1", HostPort: strconv.Itoa(s.APIPort)}}}
	}
	if second != "" {
		// Docker turns IPv6 off on what is not its own interface.
		host.Sysctls = map[string]string{"net.ipv6.conf.all.disable_ipv6": "0"}
	}
	networking := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.Network: {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: address, IPv6Address: second}},
	}}
	return config, host, networking, nil
}

func (s spec) mounts(here machine) []mount.Mount {
	// Images and pods need a disk of the machine's own kind below them.
	mounts := []mount.Mount{{Type: mount.TypeVolume, Source: volumeName(s.Name), Target: "/var"}}
	lend := func(source, path string) {
		mounts = append(mounts, mount.Mount{Type: mount.TypeBind, Source: source, Target: path, ReadOnly: true})
	}
	if s.Archive != "" {
		lend(s.Archive, archivePath)
	}
	if s.Small != "" {
		lend(s.Small, smallPath)
	}
	if here.modules() {
		lend(modulesPath, modulesPath)
	}
	return mounts
}

func volumeName(host string) string { return host + "-var" }
