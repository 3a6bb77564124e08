package live

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// Need is what one part of a plan takes of a quota.
type Need struct {
	// Quota is the cloud's own name of it.
	Quota  string
	Amount float64
	// For says what takes it: "3 × e2-standard-2 for the control plane".
	For string
	// Path is the field of the config that asks for it, where there is one.
	Path string
}

// Quota is how much of something an account may have.
type Quota struct {
	// Name is the cloud's own; Words say it to people, where the name does not.
	Name, Words string
	// Limit below zero is no limit.
	Limit, Used float64
}

// Short names each quota that cannot take what is needed: all that needs it in
// one problem, with the field of the first. Quotas that the cloud does not
// report are taken to be enough. fix tells how to raise one to a total.
func Short(needs []Need, quotas []Quota, fix func(q Quota, total float64) string) []diag.Problem {
	var problems []diag.Problem
	for _, q := range quotas {
		needed, path := 0.0, ""
		var users []string
		for _, n := range needs {
			if n.Quota != q.Name || n.Amount <= 0 {
				continue
			}
			needed += n.Amount
			users = append(users, n.For)
			if path == "" {
				path = n.Path
			}
		}
		if needed == 0 || q.Limit < 0 || q.Used+needed <= q.Limit {
			continue
		}
		problems = append(problems, diag.Problem{
			Path: path,
			Message: fmt.Sprintf("the quota %s is too small: %s of %s are in use, and the plan takes %s more (%s)",
				q.title(), number(q.Used), number(q.Limit), number(needed), strings.Join(users, "; ")),
			Fix: fix(q, q.Used+needed),
		})
	}
	return problems
}

func (q Quota) title() string {
	if q.Words == "" {
		return q.Name
	}
	return fmt.Sprintf("%q (%s)", q.Words, q.Name)
}

// number writes a quantity without a fraction it does not have.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
