package baremetal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Surveying = (*Target)(nil)

// Survey tells of each host whether it answers and what it is. One that is
// silent is a warning: whether there can be a cluster without it, and what else
// is wrong with any, is for Preflight to say.
func (t *Target) Survey(ctx context.Context, in target.Inputs) []target.Sight {
	all := machines(in.Cluster)
	var sights []target.Sight
	for i, found := range t.survey(ctx, all) {
		m := all[i]
		var silent *unreachable
		switch {
		case errors.As(found.err, &silent):
			sights = append(sights, target.Sight{Name: m.name, Result: doctor.Result{
				State: doctor.Warning, Detail: fmt.Sprintf("it does not answer at %s: %v", m.reach.Address, silent.err), Fix: m.reach.command(),
			}})
		case found.err == nil:
			sights = append(sights, target.Sight{Name: m.name, Result: doctor.Result{State: doctor.OK, Detail: found.facts.words()}})
		}
	}
	return sights
}

// words say what a host is: debian amd64, docker, 12 GiB free.
func (f facts) words() string {
	engine := f.engine()
	if engine == "" {
		engine = "no container engine yet"
	}
	words := strings.TrimSpace(f.os+" "+f.arch) + ", " + engine
	if f.roomIsKnown {
		words += fmt.Sprintf(", %d GiB free", f.roomKiB>>20)
	}
	return words
}
