package health

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// States of a cluster whose hosts phase 1 has not handed on yet.
const (
	// Provisioning: somebody works on it.
	Provisioning = "provisioning"
	// Unfinished: nobody does.
	Unfinished = "unfinished"
)

// Making is how far phase 1 is that has never been finished: as long as it has
// handed on no hosts, there is nothing else to look at.
type Making struct {
	// By is who works on it, in words; empty where nobody does.
	By string `json:"by,omitempty"`
	// Since is when that began.
	Since time.Time `json:"since,omitzero"`
	// Made are the resources that exist, Begun those that were begun, in words:
	// host demo-workers-1.
	Made  []string `json:"made"`
	Begun []string `json:"begun"`
}

// InTheMaking is the report of a cluster that Making is all that is known of.
func InTheMaking(r Report, m Making) Report {
	r.Making, r.State = &m, Unfinished
	if m.By != "" {
		r.State = Provisioning
	}
	r.API.State, r.API.Reason = Unreachable, "it does not exist yet"
	r.Planes, r.Nodes, r.Addons = []Plane{}, []Node{}, []Addon{}
	r.Certificates, r.Problems = []Certificate{}, []Problem{}
	return r
}

// mostMade is how many resources are named before the rest is counted.
const mostMade = 12

// making prints how far phase 1 is, and what to type.
func making(w io.Writer, r Report, style Style) {
	m := r.Making
	fact := func(name, text string) {
		wrapped(w, fmt.Sprintf("%-14s", name), strings.Repeat(" ", 14), text, style)
	}
	fact("Cluster", fmt.Sprintf("%s on %s, Kubernetes %s: %s", r.Name, r.Target, r.Wanted, r.State))
	next := []string{
		"kubectl anywhere status " + r.Name + " --watch   # until there is more to see",
		"kubectl anywhere preview " + r.Name + "   # what is still to be made",
	}
	begun := "Being made"
	if m.By != "" {
		fact("Phase", "1 of 3, provision: the network and the hosts. Then hosts become nodes, and addons are applied.")
		fact("Worked on by", m.By+", for "+Ago(r.At.Sub(m.Since)))
	} else {
		fact("Phase", "1 of 3, provision, was never finished, and nobody works on it now.")
		begun = "Begun"
		next = []string{
			"kubectl anywhere create " + r.Name + "   # goes on from there",
			"kubectl anywhere delete " + r.Name + "   # takes away what was made",
		}
	}
	fact("Made so far", named(m.Made))
	if len(m.Begun) > 0 {
		fact(begun, named(m.Begun))
	}
	fmt.Fprintln(w, "\nNEXT")
	for _, command := range next {
		fmt.Fprintln(w, "  "+command)
	}
}

// named lists the first of some resources, and counts them.
func named(all []string) string {
	if len(all) == 0 {
		return "nothing"
	}
	shown := slices.Clone(all[:min(len(all), mostMade)])
	if more := len(all) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	text := strings.Join(shown, ", ")
	if len(all) > 1 {
		text = fmt.Sprintf("%d resources: %s", len(all), text)
	}
	return text
}
