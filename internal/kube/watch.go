package kube

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// Watch calls notify, with what happened, whenever an object of the set is
// deleted or changed by anybody, the kept set itself included. It returns when
// the context ends. Refs say which kinds to watch.
func (c *Client) Watch(ctx context.Context, watched []Ref, notify func(event string)) error {
	factory := metadatainformer.NewFilteredSharedInformerFactory(c.metadata, 10*time.Minute, metav1.NamespaceAll,
		func(options *metav1.ListOptions) { options.LabelSelector = SetLabel + "=" + setValue })
	kinds := map[schema.GroupVersionResource]string{
		{Version: "v1", Resource: "configmaps"}: "ConfigMap",
	}
	for _, ref := range watched {
		mapping, err := c.mapping(ctx, ref.gvk())
		if err != nil {
			return fmt.Errorf("watching %s: %w", ref, err)
		}
		kinds[mapping.Resource] = ref.Kind
	}
	for resource, kind := range kinds {
		_, err := factory.ForResource(resource).Informer().AddEventHandler(handler(kind, notify))
		if err != nil {
			return fmt.Errorf("watching %s: %w", resource.Resource, err)
		}
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
	factory.Shutdown()
	return ctx.Err()
}

// handler tells of deletions and of changes to what somebody asks for; that a
// workload's status changes is no news.
func handler(kind string, notify func(string)) cache.ResourceEventHandlerFuncs {
	tell := func(obj any, what string) {
		if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
			obj = gone.Obj
		}
		if m, ok := obj.(*metav1.PartialObjectMetadata); ok {
			ref := Ref{Kind: kind, Namespace: m.Namespace, Name: m.Name}
			notify(ref.String() + " was " + what)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		DeleteFunc: func(obj any) { tell(obj, "deleted") },
		UpdateFunc: func(before, after any) {
			b, ok := before.(*metav1.PartialObjectMetadata)
			a, also := after.(*metav1.PartialObjectMetadata)
			if !ok || !also || b.ResourceVersion == a.ResourceVersion {
				return
			}
			if a.Generation != b.Generation || a.Generation == 0 {
				tell(after, "changed")
			}
		},
	}
}
