package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func (e *examination) checkPlugins(context.Context) []doctor.Result {
	plugins := e.plugins()
	if len(plugins) == 0 {
		return doctor.Well("none needed: the provider is in this program")
	}
	folder, err := e.pluginDir()
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	var names []string
	for _, p := range plugins {
		names = append(names, p.String())
	}
	if err := engine.CheckPlugins(folder, plugins); err != nil {
		return doctor.Well(strings.Join(names, ", ") + ": not here yet; create fetches it")
	}
	return doctor.Well(strings.Join(names, ", ") + " in " + folder)
}

func (e *examination) checkSurvey(ctx context.Context) []doctor.Result {
	surveying, ok := e.target.(target.Surveying)
	if !ok {
		return doctor.Well(fmt.Sprintf("hosts of target %q are not on it", e.target.Name()))
	}
	in, err := e.inputs()
	if err != nil { // which the check of the images says
		in = target.Inputs{Cluster: e.cluster}
	}
	var results []doctor.Result
	for _, sight := range surveying.Survey(ctx, in) {
		r := sight.Result
		r.Subject = sight.Name
		results = append(results, r)
	}
	return results
}

func (e *examination) checkIdentity(ctx context.Context) []doctor.Result {
	identifying, ok := e.target.(target.Identifying)
	if !ok {
		return doctor.Well(fmt.Sprintf("target %q asks for none", e.target.Name()))
	}
	who, err := identifying.Identity(ctx, e.cluster)
	var advised *target.Advised
	switch {
	case errors.As(err, &advised):
		return doctor.Fail(err.Error(), advised.Fix)
	case err != nil:
		return doctor.Fail(err.Error(), "")
	}
	return doctor.Well(who)
}

func (e *examination) checkPreflight(ctx context.Context) []doctor.Result {
	in, err := e.inputs()
	if err != nil {
		in = target.Inputs{Cluster: e.cluster}
	}
	if problems := e.target.Preflight(ctx, in); len(problems) > 0 {
		return ofProblems(problems)
	}
	return doctor.Well("nothing is in the way")
}
