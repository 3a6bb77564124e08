package cli

import "github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"

// bill is what a cluster costs, in things: nothing on this machine.
func (s *session) bill() []target.Charge {
	if billed, costs := s.target.(target.Billed); costs {
		return billed.Bill(s.cluster)
	}
	return nil
}
