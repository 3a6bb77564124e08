package localstorage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Name is what a StorageClass calls this way of making volumes.
const Name = "kubernetes-anywhere.io/local-storage"

// selectedNode is the annotation by which the scheduler says where the pod that
// waits for a claim is to run.
const selectedNode = "volume.kubernetes.io/selected-node"

// Modes of what lies on the host. The folder of all volumes is root's alone, so
// no other user of the host comes to one of them; a volume itself is open to all,
// as the pod that it is mounted into may run as anybody. Where a pod has an
// fsGroup, the kubelet gives the volume to that group besides.
const (
	folderMode fs.FileMode = 0o700
	volumeMode fs.FileMode = 0o777
)

// provisioner makes and deletes the volumes of one node: folders in a folder.
type provisioner struct {
	// node is the node's name, host its label kubernetes.io/hostname.
	node, host string
	// folder is where volumes are, on the host and here.
	folder string
	root   *os.Root
}

var (
	_ controller.Provisioner   = (*provisioner)(nil)
	_ controller.Qualifier     = (*provisioner)(nil)
	_ controller.DeletionGuard = (*provisioner)(nil)
)

// open makes the folder of volumes where it is missing, and closes it to all
// but root.
func open(folder string) (*os.Root, error) {
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return nil, fmt.Errorf("making the folder of volumes %q: %w", folder, err)
	}
	if err := os.Chmod(folder, folderMode); err != nil {
		return nil, fmt.Errorf("closing the folder of volumes %q to others: %w", folder, err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of volumes: %w", err)
	}
	return root, nil
}

// ShouldProvision takes the claims of pods that run here; the others are other
// nodes'.
func (p *provisioner) ShouldProvision(_ context.Context, claim *core.PersistentVolumeClaim) bool {
	return claim.Annotations[selectedNode] == p.node
}

// Provision makes the folder of a volume.
func (p *provisioner) Provision(_ context.Context, o controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	if err := refuse(o.PVC); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	// It may be there from a run that ended before the volume was in the API:
	// its name is of the claim's UID, so it is no other claim's.
	if err := p.root.Mkdir(o.PVName, volumeMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, controller.ProvisioningFinished, fmt.Errorf("making the folder of volume %q: %w", o.PVName, err)
	}
	// Whatever the process's umask took away.
	if err := p.root.Chmod(o.PVName, volumeMode); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("opening the folder of volume %q to pods: %w", o.PVName, err)
	}
	return p.volume(o), controller.ProvisioningFinished, nil
}

// refuse tells why a claim cannot be had from a host's disk.
func refuse(claim *core.PersistentVolumeClaim) error {
	for _, mode := range claim.Spec.AccessModes {
		if !slices.Contains([]core.PersistentVolumeAccessMode{core.ReadWriteOnce, core.ReadWriteOncePod}, mode) {
			return fmt.Errorf("access mode %s is for many nodes, and this volume is on the disk of one: ask for %s, or another StorageClass", mode, core.ReadWriteOnce)
		}
	}
	if claim.Spec.Selector != nil {
		return errors.New("a claim with a selector asks for a volume that exists, and this StorageClass makes new ones: take the selector out")
	}
	return nil
}

// volume is how a volume is known to the API.
func (p *provisioner) volume(o controller.ProvisionOptions) *core.PersistentVolume {
	mode := core.PersistentVolumeFilesystem
	reclaim := core.PersistentVolumeReclaimDelete
	if o.StorageClass.ReclaimPolicy != nil {
		reclaim = *o.StorageClass.ReclaimPolicy
	}
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName},
		Spec: core.PersistentVolumeSpec{
			Capacity:                      core.ResourceList{core.ResourceStorage: o.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			AccessModes:                   o.PVC.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: reclaim,
			VolumeMode:                    &mode,
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path.Join(p.folder, o.PVName)}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{p.host}}},
			}}}},
		},
	}
}

// ShouldDelete takes the volumes that are here.
func (p *provisioner) ShouldDelete(_ context.Context, volume *core.PersistentVolume) bool {
	local, affinity := volume.Spec.Local, volume.Spec.NodeAffinity
	if local == nil || path.Clean(local.Path) != path.Join(p.folder, volume.Name) || affinity == nil || affinity.Required == nil {
		return false
	}
	for _, term := range affinity.Required.NodeSelectorTerms {
		for _, wanted := range term.MatchExpressions {
			if wanted.Key == core.LabelHostname && slices.Equal(wanted.Values, []string{p.host}) {
				return true
			}
		}
	}
	return false
}

// Delete deletes the folder of a volume, with all that is in it. Links in it are
// deleted, and not followed.
func (p *provisioner) Delete(ctx context.Context, volume *core.PersistentVolume) error {
	if !p.ShouldDelete(ctx, volume) {
		return &controller.IgnoredError{Reason: "the volume is on another node"}
	}
	if err := p.root.RemoveAll(volume.Name); err != nil {
		return fmt.Errorf("deleting the folder of volume %q: %w", volume.Name, err)
	}
	return nil
}
