package kube

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Ref names an object without its content.
type Ref struct {
	Group     string `json:"group,omitempty"`
	Version   string `json:"version"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// RefOf is the name of an object.
func RefOf(obj *unstructured.Unstructured) Ref {
	gvk := obj.GroupVersionKind()
	return Ref{gvk.Group, gvk.Version, gvk.Kind, obj.GetNamespace(), obj.GetName()}
}

// String is how the object is spoken of: DaemonSet kube-system/kube-proxy.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// identity is what makes two refs the same object: not the version it was
// written in.
func (r Ref) identity() Ref {
	r.Version = ""
	return r
}

func (r Ref) gvk() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

// Parse reads the objects of a YAML stream; a List counts as its items.
func Parse(stream []byte) ([]*unstructured.Unstructured, error) {
	var objs []*unstructured.Unstructured
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for n := 1; ; n++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading document %d: %w", n, err)
		}
		content := map[string]any{}
		if err := yaml.Unmarshal(document, &content); err != nil {
			return nil, fmt.Errorf("reading document %d: %w", n, err)
		}
		if len(content) == 0 {
			continue
		}
		read, err := flatten(normal(content))
		if err != nil {
			return nil, fmt.Errorf("reading document %d: %w", n, err)
		}
		objs = append(objs, read...)
	}
}

// flatten checks that an object can be applied and takes lists apart.
func flatten(obj *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	if obj.GetKind() == "" || obj.GetAPIVersion() == "" {
		return nil, errors.New("object has no apiVersion or kind")
	}
	if !obj.IsList() {
		if obj.GetName() == "" {
			return nil, fmt.Errorf("%s has no metadata.name", obj.GetKind())
		}
		return []*unstructured.Unstructured{obj}, nil
	}
	list, err := obj.ToList()
	if err != nil {
		return nil, err
	}
	var objs []*unstructured.Unstructured
	for i := range list.Items {
		items, err := flatten(&list.Items[i])
		if err != nil {
			return nil, err
		}
		objs = append(objs, items...)
	}
	return objs, nil
}
