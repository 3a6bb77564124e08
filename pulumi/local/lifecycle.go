package local

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/volume"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// boot hands a host its user-data and bundle and sees to it that they run: at
// its start, or now if it is running. A reboot is asked for where the host must
// see files of the machine that were replaced: it still holds the old ones.
func boot(ctx context.Context, docker Docker, wanted spec, reboot bool) error {
	found, err := docker.ContainerInspect(ctx, wanted.Name)
	if err != nil {
		return fmt.Errorf("looking at host %q: %w", wanted.Name, err)
	}
	running := found.State != nil && found.State.Running
	// A first boot that is under way for the same instance is left alone; one
	// that failed is started again.
	verb := "restart"
	if running && told(ctx, docker, wanted) {
		verb = "start"
	}
	archive, err := wanted.files()
	if err != nil {
		return err
	}
	if err := docker.CopyToContainer(ctx, wanted.Name, "/", bytes.NewReader(archive), container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("writing the user-data of host %q: %w", wanted.Name, err)
	}
	if running && !reboot {
		return runUserData(ctx, docker, wanted.Name, verb)
	}
	// What a host said of its bootstrap is gone with its /run.
	if running {
		if err := docker.ContainerRestart(ctx, wanted.Name, container.StopOptions{}); err != nil {
			return fmt.Errorf("restarting host %q: %w", wanted.Name, err)
		}
		return nil
	}
	if err := docker.ContainerStart(ctx, wanted.Name, container.StartOptions{}); err != nil {
		return fmt.Errorf("starting host %q: %w; 'docker logs %s' may tell more", wanted.Name, err, wanted.Name)
	}
	return nil
}

// told is whether a running host has been given this very boot before.
func told(ctx context.Context, docker Docker, wanted spec) bool {
	out, err := run(ctx, docker, wanted.Name, "cat", instancePath)
	return err == nil && out.Code == 0 && strings.TrimSpace(out.Stdout) == wanted.instanceID()
}

// runUserData starts the first boot of a running host. A host that is just
// starting may not take orders yet.
func runUserData(ctx context.Context, docker Docker, host, verb string) error {
	commands := [][]string{{"systemctl", "start", "--no-block", bootUnit}}
	if verb == "restart" {
		// What the bootstrap before this one said, done or failed, must not be
		// taken for what the next one says.
		commands = slices.Insert(commands, 0, []string{"systemctl", "stop", bootUnit}, []string{"rm", "-f", node.StatusPath})
	}
	err := until(ctx, 30*time.Second, func() (bool, error) {
		for _, command := range commands {
			out, err := run(ctx, docker, host, command...)
			if err == nil && out.Code != 0 {
				err = fmt.Errorf("%s exited with status %d: %s", command[0], out.Code, out.Stderr)
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("running the user-data of host %q: %w", host, err)
	}
	return nil
}

// files are what a cloud would hand a machine by its metadata service, as the
// archive that Docker unpacks over the host's root.
func (s spec) files() ([]byte, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	entries := []struct {
		header tar.Header
		data   string
	}{
		// The bundle holds keys: the folder is as closed as the file.
		{tar.Header{Name: cloudDir[1:] + "/", Mode: 0o700, Typeflag: tar.TypeDir}, ""},
		{tar.Header{Name: bundlePath[1:], Mode: 0o600, Typeflag: tar.TypeReg}, s.bundle},
		{tar.Header{Name: cloudDir[1:] + "/user-data", Mode: 0o700, Typeflag: tar.TypeReg}, s.userData},
		// Last: a new id is the sign that all else is in place.
		{tar.Header{Name: instancePath[1:], Mode: 0o600, Typeflag: tar.TypeReg}, s.instanceID() + "\n"},
	}
	for _, entry := range entries {
		entry.header.Size = int64(len(entry.data))
		if err := writer.WriteHeader(&entry.header); err != nil {
			return nil, fmt.Errorf("packing %q for host %q: %w", entry.header.Name, s.Name, err)
		}
		if _, err := writer.Write([]byte(entry.data)); err != nil {
			return nil, fmt.Errorf("packing %q for host %q: %w", entry.header.Name, s.Name, err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("packing the files of host %q: %w", s.Name, err)
	}
	return archive.Bytes(), nil
}

// makeVolume makes the disk of a host. One that is left of a host that is gone
// is emptied first, by being made anew: a new machine has a new disk.
func makeVolume(ctx context.Context, docker Docker, wanted spec) error {
	name := volumeName(wanted.Name)
	found, err := docker.VolumeInspect(ctx, name)
	if err == nil {
		if found.Labels[target.ClusterLabel] != wanted.Cluster {
			return fmt.Errorf("making the volume %q: there is one of that name which is not this cluster's; choose another metadata.name, or 'docker volume rm %s'", name, name)
		}
		err = docker.VolumeRemove(ctx, name, false)
	}
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("looking for the volume %q: %w", name, err)
	}
	labels := target.HostLabels(wanted.Cluster, wanted.Role, wanted.Pool)
	if _, err := docker.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: labels}); err != nil {
		return fmt.Errorf("making the volume %q: %w", name, err)
	}
	return nil
}

// remove deletes a host and its volume, and returns when they are gone.
// Docker's answer to a removal may come before or instead of the deed: another
// removal may be under way.
func remove(ctx context.Context, docker Docker, cluster, host string) error {
	found, err := docker.ContainerInspect(ctx, host)
	if err == nil && found.Config.Labels[target.ClusterLabel] == cluster {
		err = until(ctx, time.Minute, func() (bool, error) {
			failure := docker.ContainerRemove(ctx, host, container.RemoveOptions{Force: true, RemoveVolumes: true})
			if _, err := docker.ContainerInspect(ctx, host); errdefs.IsNotFound(err) {
				return true, nil
			}
			return false, failure
		})
	}
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing host %q: %w; try 'docker rm -f %s'", host, err, host)
	}
	name := volumeName(host)
	disk, err := docker.VolumeInspect(ctx, name)
	if err == nil && disk.Labels[target.ClusterLabel] == cluster {
		err = until(ctx, 20*time.Second, func() (bool, error) {
			err := docker.VolumeRemove(ctx, name, false)
			return err == nil || errdefs.IsNotFound(err), err
		})
	}
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("removing the volume %q: %w; try 'docker volume rm %s'", name, err, name)
	}
	return nil
}
