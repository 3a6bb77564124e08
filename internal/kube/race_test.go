package kube_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// raceForAddress has several make the same Service at the same time, as create
// and the addon-manager do: none may fail because another was faster. A
// Service that wants somebody else's address is refused all the same.
func raceForAddress(t *testing.T, c *kube.Client) {
	service := func(name string, last int) string {
		return fmt.Sprintf("{apiVersion: v1, kind: Service, metadata: {name: %s, namespace: default}, spec: {clusterIP: 10.96.77.%d, ports: [{port: 53}]}}", name, last)
	}
	const racers, rounds = 4, 10
	for round := range rounds {
		errs := make([]error, racers)
		var all sync.WaitGroup
		for racer := range racers {
			all.Go(func() {
				_, errs[racer] = c.Apply(t.Context(), parse(t, service(fmt.Sprintf("race-%d", round), 10+round))[0], kube.Options{})
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	_, err := c.Apply(t.Context(), parse(t, service("late", 10))[0], kube.Options{})
	if err == nil || !strings.Contains(err.Error(), "already allocated") {
		t.Errorf("another's address: got %v", err)
	}
}
