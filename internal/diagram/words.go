package diagram

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Places of addresses within the range of services, by Kubernetes' custom.
const (
	apiService = 1
	dnsService = 10
)

// title names the picture.
func (g *Graph) title() string { return "Cluster " + g.name }

// subtitle says what and where it is.
func (g *Graph) subtitle() string {
	return strings.Join(nonEmpty(g.place, g.version, g.existence()), " · ")
}

func (g *Graph) existence() string {
	if g.exists {
		return "as it exists"
	}
	return "as it will be"
}

func (g *Graph) podText() string {
	if g.layer == config.None {
		return fmt.Sprintf("pods %s, by a network layer of yours", g.pods)
	}
	return fmt.Sprintf("pods %s, by %s", g.pods, g.layer)
}

func (g *Graph) serviceText() string {
	text := "services " + g.services
	if api, dns := offset(g.services, apiService), offset(g.services, dnsService); api != "" && dns != "" {
		text += fmt.Sprintf(" (API %s, DNS %s)", api, dns)
	}
	return text
}

// description says in words what the picture shows.
func (g *Graph) description() string {
	var out []string
	out = append(out, fmt.Sprintf("%s: %s %s.", g.subtitle(), g.network, g.range_))
	for _, h := range g.planes {
		out = append(out, fmt.Sprintf("Control plane %s%s, %s.", strings.Join(append([]string{h.title}, h.lines...), ", "), comma(zoneText(h.zone)), stateText(h.state)))
	}
	for _, p := range g.pools {
		out = append(out, fmt.Sprintf("Pool %s%s, %s.", strings.Join(append([]string{p.title}, p.lines...), ", "), comma(zoneText(p.zones...)), stateText(p.state)))
	}
	for _, f := range g.fronts {
		out = append(out, fmt.Sprintf("The API is reached by: %s.", strings.Join(append([]string{f.title}, f.lines...), ", ")))
	}
	for _, r := range g.rules() {
		out = append(out, fmt.Sprintf("Port %s, %s: %s.", r.port, r.who, r.why))
	}
	return strings.Join(out, " ")
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}

// stateText is a state in words.
func stateText(s state) string {
	return [...]string{
		planned: "will exist", made: "exists", leaving: "exists, will go", sick: "exists, unhealthy", foreign: "yours",
	}[s]
}
