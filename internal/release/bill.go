package release

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// billSuffix ends the name of an artefact's bill of materials.
const billSuffix = ".cdx.json"

// bill is what an artefact is made of. Its shape is CycloneDX 1.6
// (https://cyclonedx.org/docs/1.6/json/), of which it uses what there is to
// say.
type bill []part

// part is a component of CycloneDX.
type part struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
	PURL    string `json:"purl,omitempty"`
	// Licences are of Go's modules; Debian's packages have texts of their own.
	Licences []choice `json:"licenses,omitempty"`
	// Properties tell in which files of an image it is.
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// choice is one licence by its name, or an expression of several
// (https://cyclonedx.org/docs/1.6/json/#components_items_licenses).
type choice struct {
	Licence         *named `json:"license,omitempty"`
	Expression      string `json:"expression,omitempty"`
	Acknowledgement string `json:"acknowledgement,omitempty"`
}

type named struct {
	ID              string `json:"id"`
	Acknowledgement string `json:"acknowledgement"`
}

// concluded is what an SPDX expression is in a bill: found by reading texts,
// not declared by who wrote them.
func concluded(expression string) []choice {
	switch {
	case expression == "":
		return nil
	case strings.Contains(expression, " "):
		return []choice{{Expression: expression, Acknowledgement: "concluded"}}
	}
	return []choice{{Licence: &named{expression, "concluded"}}}
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// billOf lists every module that is linked into a program, and Go's library,
// from what the program says of itself.
func billOf(info *debug.BuildInfo) bill {
	b := bill{{
		Type: "library", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go"),
		PURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"),
	}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		b = append(b, module(m))
	}
	return b
}

func module(m *debug.Module) part {
	p := part{Type: "library", Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path}
	if m.Version != "" {
		p.PURL += "@" + m.Version
	}
	// go.sum's h1 is a SHA-256 over the names and digests of the module's files.
	if digest, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(digest) == 32 {
		p.Hashes = []hash{{"SHA-256", hex.EncodeToString(digest)}}
	}
	return p
}

// merged has every part once, with the properties that any mention of it has.
func (b bill) merged() bill {
	at, out := map[string]int{}, bill{}
	for _, p := range b {
		key := p.Type + " " + p.Name + " " + p.Version
		i, known := at[key]
		if !known {
			at[key] = len(out)
			out = append(out, p)
			continue
		}
		for _, extra := range p.Properties {
			if !slices.Contains(out[i].Properties, extra) {
				out[i].Properties = append(out[i].Properties, extra)
			}
		}
	}
	for i := range out {
		out[i].Ref = fmt.Sprintf("%s@%s", out[i].Name, out[i].Version)
		slices.SortFunc(out[i].Properties, func(a, b property) int { return strings.Compare(a.Value, b.Value) })
	}
	slices.SortFunc(out, func(a, b part) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Type, b.Type))
	})
	return out
}

// bom is the whole document.
type bom struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   bill         `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string `json:"timestamp"`
	Component part   `json:"component"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// bills writes one bill for every artefact.
func (r *run) bills(context.Context) error {
	for _, a := range r.artefacts {
		text, err := json.MarshalIndent(r.bom(a), "", "  ")
		if err != nil {
			return err
		}
		if err := r.write(a.Name+billSuffix, append(text, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) bom(a Artefact) bom {
	kind := "application"
	if a.Platform == (Platform{}) {
		kind = "container"
	}
	parts := a.bill.merged()
	about := part{Type: kind, Ref: a.Name, Name: a.Name, Version: r.Version, Hashes: []hash{{"SHA-256", a.SHA256}}, Licences: concluded(r.licence)}
	needs := dependency{Ref: a.Name, DependsOn: []string{}}
	for i, p := range parts {
		needs.DependsOn = append(needs.DependsOn, p.Ref)
		parts[i].Licences = concluded(r.judged[p.Ref].Licence)
	}
	return bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6",
		Serial: "urn:uuid:" + uuid(a.SHA256), Version: 1,
		Metadata:   metadata{Timestamp: r.source.time.Format("2006-01-02T15:04:05Z"), Component: about},
		Components: parts, Dependencies: []dependency{needs},
	}
}

// uuid makes a name of a digest in hexadecimal, of the version that leaves its
// making to us (RFC 9562, 5.8): the same artefact has the same one.
func uuid(digest string) string {
	return fmt.Sprintf("%s-%s-8%s-8%s-%s", digest[0:8], digest[8:12], digest[13:16], digest[17:20], digest[20:32])
}
