package kube

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/retry"
)

// Where the cluster itself keeps what addons it is to have.
const (
	SetNamespace = "kube-system"
	SetName      = "kubernetes-anywhere-addons"
	// SetLabel marks every object that was applied as part of the set.
	SetLabel = "kubernetes-anywhere.io/set"
	setValue = "addons"
)

const (
	objectsKey   = "objects.json.gz"
	inventoryKey = "inventory.json"
	// The API refuses more than 1 MiB for a whole ConfigMap.
	maxObjects = 900 << 10
)

// Desired is what the cluster is to have, as the cluster keeps it.
type Desired struct {
	Objects []*unstructured.Unstructured
	// Inventory is all that was ever applied and not yet pruned.
	Inventory []Ref
}

// ReadDesired reads the set; found is false in a cluster that has none yet.
func (c *Client) ReadDesired(ctx context.Context) (desired *Desired, found bool, err error) {
	cm, err := c.clientset.CoreV1().ConfigMaps(SetNamespace).Get(ctx, SetName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading ConfigMap %s/%s: %w", SetNamespace, SetName, err)
	}
	desired, err = decodeSet(cm)
	if err != nil {
		return nil, false, fmt.Errorf("decoding ConfigMap %s/%s: %w; 'kubectl anywhere addons apply' writes it anew", SetNamespace, SetName, err)
	}
	return desired, true, nil
}

// WriteDesired makes objs the set. What was in it before stays in the
// inventory until it has been pruned, so nothing is forgotten by a crash.
func (c *Client) WriteDesired(ctx context.Context, objs []*unstructured.Unstructured) error {
	return c.writeDesired(ctx, objs, nil)
}

// writeDesired forgets what is released: it is pruned no more.
func (c *Client) writeDesired(ctx context.Context, objs []*unstructured.Unstructured, release []Ref) error {
	return c.updateSet(ctx, func(old *Desired) *Desired {
		return &Desired{Objects: objs, Inventory: union(refs(objs), without(old.Inventory, release))}
	}, true)
}

// CreateDesired makes objs the set only where there is none: a set that
// somebody else has written meanwhile is left alone.
func (c *Client) CreateDesired(ctx context.Context, objs []*unstructured.Unstructured) error {
	cm, err := encodeSet(nil, &Desired{Objects: objs, Inventory: refs(objs)})
	if err != nil {
		return err
	}
	_, err = c.clientset.CoreV1().ConfigMaps(SetNamespace).Create(ctx, cm, metav1.CreateOptions{FieldManager: FieldManager})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("writing ConfigMap %s/%s: %w", SetNamespace, SetName, err)
	}
	return nil
}

// updateSet changes the set, again if somebody else changed it meanwhile.
func (c *Client) updateSet(ctx context.Context, change func(old *Desired) *Desired, create bool) error {
	maps := c.clientset.CoreV1().ConfigMaps(SetNamespace)
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		cm, err := maps.Get(ctx, SetName, metav1.GetOptions{})
		absent := apierrors.IsNotFound(err)
		if absent && !create {
			return nil
		}
		if err != nil && !absent {
			return err
		}
		old := &Desired{}
		if !absent {
			// A set that cannot be read is replaced; what it held is still
			// found by its label, but not by us.
			if read, err := decodeSet(cm); err == nil {
				old = read
			}
		} else {
			cm = nil
		}
		next, err := encodeSet(cm, change(old))
		if err != nil {
			return err
		}
		if absent {
			_, err = maps.Create(ctx, next, metav1.CreateOptions{FieldManager: FieldManager})
		} else {
			_, err = maps.Update(ctx, next, metav1.UpdateOptions{FieldManager: FieldManager})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("writing ConfigMap %s/%s: %w", SetNamespace, SetName, err)
	}
	return nil
}

func encodeSet(cm *corev1.ConfigMap, desired *Desired) (*corev1.ConfigMap, error) {
	content := make([]map[string]any, 0, len(desired.Objects))
	for _, obj := range desired.Objects {
		content = append(content, obj.Object)
	}
	plain, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding objects: %w", err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("packing objects: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing objects: %w", err)
	}
	if packed.Len() > maxObjects {
		return nil, fmt.Errorf("packing objects: %d bytes are more than a ConfigMap holds; leave addons out", packed.Len())
	}
	inventory, err := json.Marshal(desired.Inventory)
	if err != nil {
		return nil, fmt.Errorf("encoding inventory: %w", err)
	}
	if cm == nil {
		cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: SetNamespace, Name: SetName}}
	}
	if cm.Labels == nil {
		cm.Labels = map[string]string{}
	}
	cm.Labels[SetLabel] = setValue
	cm.BinaryData = map[string][]byte{objectsKey: packed.Bytes()}
	cm.Data = map[string]string{inventoryKey: string(inventory)}
	return cm, nil
}

func decodeSet(cm *corev1.ConfigMap) (*Desired, error) {
	packed, ok := cm.BinaryData[objectsKey]
	if !ok {
		return nil, errors.New("it has no " + objectsKey)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, 64<<20))
	if err != nil {
		return nil, err
	}
	var content []map[string]any
	if err := json.Unmarshal(plain, &content); err != nil {
		return nil, err
	}
	desired := &Desired{}
	for _, object := range content {
		desired.Objects = append(desired.Objects, normal(object))
	}
	if err := json.Unmarshal([]byte(cm.Data[inventoryKey]), &desired.Inventory); err != nil {
		return nil, fmt.Errorf("reading %s: %w", inventoryKey, err)
	}
	return desired, nil
}

// refs are the names of objects.
func refs(objs []*unstructured.Unstructured) []Ref {
	names := make([]Ref, 0, len(objs))
	for _, obj := range objs {
		names = append(names, RefOf(obj))
	}
	return names
}

// union is all of first, then what only second has.
func union(first, second []Ref) []Ref {
	return append(append([]Ref{}, first...), without(second, first)...)
}

// without is what all has and gone has not.
func without(all, gone []Ref) []Ref {
	out := map[Ref]bool{}
	for _, ref := range gone {
		out[ref.identity()] = true
	}
	var rest []Ref
	for _, ref := range all {
		if !out[ref.identity()] {
			rest = append(rest, ref)
		}
	}
	return rest
}
