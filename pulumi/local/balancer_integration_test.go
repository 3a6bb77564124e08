package local

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// bootstrapArchive is the archive of the bootstrap image.
func bootstrapArchive(t *testing.T) string {
	t.Helper()
	found, err := images.Find(config.DefaultKubernetesVersion, "")
	if err == nil && found.BootstrapPath != "" {
		return found.BootstrapPath
	}
	if os.Getenv("ANYWHERE_REQUIRE_DOCKER") == "1" {
		t.Fatalf("no archive of the bootstrap image here, run 'make images': %v", err)
	}
	t.Skipf("no archive of the bootstrap image here, run 'make images': %v", err)
	return ""
}

// server starts a container that says its name on port 6443.
func server(t *testing.T, docker *client.Client, cluster, name, address string) {
	t.Helper()
	made, err := docker.ContainerCreate(t.Context(), &container.Config{
		Image: images.For(config.DefaultKubernetesVersion, "").Bootstrap, Hostname: name, Cmd: []string{"probe", "serve", ":6443"},
		Labels: target.Labels(cluster),
	}, &container.HostConfig{NetworkMode: container.NetworkMode(cluster)}, &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		cluster: {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: address}},
	}}, nil, cluster+"-"+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = docker.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{Force: true})
	})
	if err := docker.ContainerStart(t.Context(), made.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// startBalancer makes a network and a balancer on it, before two addresses.
func startBalancer(t *testing.T, cluster, archive, port string) {
	t.Helper()
	nets, all, cidr := &networks{connect: dial}, &balancers{connect: dial}, "10.239.79.0/24"
	id := balancerName(cluster)
	state := properties(clusterKey, cluster)
	// Cleanups run last first: the servers' come before this one.
	t.Cleanup(func() {
		if err := nets.Delete(context.Background(), provider.DeleteRequest{ID: cluster, State: state}); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := nets.Create(t.Context(), provider.CreateRequest{Inputs: properties(clusterKey, cluster, nameKey, cluster, cidrKey, cidr)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := all.Delete(context.Background(), provider.DeleteRequest{ID: id, State: state}); err != nil {
			t.Error(err)
		}
	})
	inputs := properties(clusterKey, cluster, nameKey, id, networkKey, cluster, cidrKey, cidr, addressKey, "10.239.79.20",
		imageKey, images.For(config.DefaultKubernetesVersion, "").Bootstrap, smallKey, archive, digestKey, "sha256:1",
		portKey, port, backendsKey, "10.239.79.2:6443,10.239.79.3:6443")
	if _, _, err := all.Create(t.Context(), provider.CreateRequest{Inputs: inputs}); err != nil {
		t.Fatal(err)
	}
}

// A host that is cut off says no farewell: whoever is connected to it would
// wait. Killing a container is no such thing, as its kernel ends what is open.
func TestBalancer_LetsGoOfAHostThatFallsSilent(t *testing.T) {
	docker, archive := requireDocker(t), bootstrapArchive(t)
	cluster, port := fmt.Sprintf("lb-%d", os.Getpid()), freePort(t)
	startBalancer(t, cluster, archive, port)
	server(t, docker, cluster, "first", "10.239.79.2")
	server(t, docker, cluster, "second", "10.239.79.3")

	// One connection at a time, kept as long as it lasts.
	asker := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	ask := func() (string, error) {
		response, err := asker.Get("http://127.0.0.1:" + port)
		if err != nil {
			return "", err
		}
		defer func() { _ = response.Body.Close() }()
		name, err := io.ReadAll(response.Body)
		return string(name), err
	}
	answering := ""
	eventually(t, "an answer through the balancer", func() (bool, string) {
		name, err := ask()
		answering = name
		return err == nil && name != "", fmt.Sprint(err)
	})
	answering = answering[:len(answering)-1] // its line's end
	begun := time.Now()
	if err := docker.NetworkDisconnect(t.Context(), cluster, cluster+"-"+answering, true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an answer of the other one", func() (bool, string) {
		name, err := ask()
		return err == nil && name != answering+"\n", fmt.Sprint(name, err)
	})
	t.Logf("%s was cut off; the other one answered after %s", answering, time.Since(begun).Round(time.Millisecond))
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("it took %s", took)
	}

	if left, err := New().Leftovers(t.Context(), &config.Cluster{Metadata: config.Metadata{Name: cluster}}); err != nil || len(left) != 4 {
		t.Errorf("it is found by its label: %v, %v", left, err)
	}
}
