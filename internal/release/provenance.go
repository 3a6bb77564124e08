package release

import (
	"context"
	"encoding/json"
	"runtime"
	"strings"
)

// provenanceFile is the statement of where everything comes from.
const provenanceFile = "provenance.intoto.json"

// Where the project is, and what of its pages says how a release is built.
const (
	home      = "https://github.com/kubernetes-anywhere/kubernetes-anywhere"
	buildType = home + "/blob/main/docs/releasing.md#how-it-is-built"
	builder   = home + "/blob/main/docs/releasing.md#who-builds"
)

// statement is an in-toto Statement v1 that holds SLSA provenance v1
// (https://slsa.dev/spec/v1.0/provenance). It has no times and no name of a
// machine: whoever builds the same commit can compare it byte by byte.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     provenance `json:"predicate"`
}

type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

type provenance struct {
	Definition definition `json:"buildDefinition"`
	Details    details    `json:"runDetails"`
}

type definition struct {
	Type         string         `json:"buildType"`
	External     map[string]any `json:"externalParameters"`
	Internal     map[string]any `json:"internalParameters"`
	Dependencies []resource     `json:"resolvedDependencies"`
}

type details struct {
	Builder struct {
		ID      string            `json:"id"`
		Version map[string]string `json:"version"`
	} `json:"builder"`
}

// provenance writes the statement about every artefact.
func (r *run) provenance(context.Context) error {
	text, err := json.MarshalIndent(r.statement(), "", "  ")
	if err != nil {
		return err
	}
	return r.write(provenanceFile, append(text, '\n'))
}

func (r *run) statement() statement {
	s := statement{Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/provenance/v1"}
	platforms := []string{}
	for _, a := range r.artefacts {
		s.Subject = append(s.Subject, resource{Name: a.Name, Digest: map[string]string{"sha256": a.SHA256}})
	}
	for _, p := range r.Platforms {
		platforms = append(platforms, p.String())
	}
	s.Predicate.Definition = definition{
		Type: buildType,
		External: map[string]any{
			"repository": home, "version": r.Version, "package": r.Package,
			"platforms": platforms, "imageArchitectures": append([]string{}, r.Architectures...),
		},
		Internal: map[string]any{
			"flags": strings.Join(buildFlags(), " "), "epoch": r.source.time.Unix(),
		},
		Dependencies: []resource{
			{URI: "git+" + home + "@refs/tags/" + r.Version, Digest: map[string]string{"gitCommit": r.source.commit}},
			{URI: "pkg:golang/toolchain@" + runtime.Version()},
		},
	}
	s.Predicate.Details.Builder.ID = builder
	s.Predicate.Details.Builder.Version = map[string]string{"release": r.Version}
	return s
}
