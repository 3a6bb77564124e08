package health

import (
	"fmt"
	"time"
)

const (
	// late is how long after the renewal of a leaf was due it is a problem: the
	// timer on the host looks once a day, and may miss a few days. As
	// bootstrap-image/host has it.
	late = 3 * 24 * time.Hour
	// authorityWarning is how long before its end an authority is a problem: to
	// replace one takes its time. As bootstrap-image/host has it.
	authorityWarning = 365 * 24 * time.Hour
)

// trouble says what is wrong with a certificate, and what to type.
func (c Certificate) trouble(now time.Time, cluster string) (is, next string) {
	left, life := c.NotAfter.Sub(now), c.NotAfter.Sub(c.NotBefore)
	is = "ends " + c.end(now)
	switch {
	case c.Kind == Authority && left < authorityWarning:
		next = "kubectl anywhere certs rotate-ca " + cluster
	case c.Kind == Leaf && left < life/3-late:
		next = "kubectl anywhere certs renew " + cluster
		if left > 0 {
			is += ": its timer should have renewed it"
		}
	case c.Kind == User && left < life/3:
		next = "kubectl anywhere certs renew " + cluster
	default:
		return "", ""
	}
	return is, next
}

// end is when a certificate ends: 2027-11-22, in 364 days.
func (c Certificate) end(now time.Time) string {
	date := c.NotAfter.UTC().Format(time.DateOnly)
	days := int(c.NotAfter.Sub(now).Hours() / 24)
	switch {
	case now.After(c.NotAfter):
		return date + ", and is over"
	case days == 1:
		return date + ", in 1 day"
	case days == 0:
		return date + ", in less than a day"
	}
	return fmt.Sprintf("%s, in %d days", date, days)
}

func (r Report) ofCertificates() []Problem {
	var out []Problem
	for _, c := range r.Certificates {
		if is, next := c.trouble(r.At, r.Name); is != "" {
			out = append(out, Problem{Of: "certificate", Is: c.Name + " " + is, Next: []string{next}})
		}
	}
	return out
}

// FirstEnd says which of the certificates seen ends first, and when.
func (r Report) FirstEnd() string {
	if len(r.Certificates) == 0 {
		return "none could be seen from here"
	}
	first := r.Certificates[0]
	return first.Name + " ends " + first.end(r.At)
}

// Ago is a span of time as kubectl prints an age: 5s, 12m, 3h, 41d.
func Ago(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}
