package targettest

import "slices"

// Operations, as calls and faults name them.
const (
	Create = "create"
	Read   = "read"
	Update = "update"
	Delete = "delete"
)

// Call is one call of the provider.
type Call struct{ Op, Type, Name string }

// Fail makes an operation on an object fail; nil takes it back.
func (c *Cloud) Fail(op, kind, name string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[Call{op, kind, name}] = err
}

// Calls are the calls since the last Forget, in their order.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.calls)
}

// Forget clears the record of calls.
func (c *Cloud) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = nil
}

// call records a call and tells the fault ordered for it.
func (c *Cloud) call(op, kind, name string) error {
	call := Call{op, kind, name}
	c.calls = append(c.calls, call)
	return c.faults[call]
}
