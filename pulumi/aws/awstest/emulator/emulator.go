// Package emulator answers AWS's protocols for as much of the API as a cluster
// needs, so that the real provider can be run without an account. It decodes,
// checks and encodes by AWS's own description (package api), keeps state in
// memory, and refuses what is impossible: what does not exist, what is named
// twice, what is still in use. Everything is there, or gone, at once.
package emulator

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
)

// Emulator is an http.Handler that is a whole AWS.
type Emulator struct {
	services api.Services
	handlers map[string]handler

	mu    sync.Mutex
	store store
	calls []string
	// tokens are the answers to calls by the token of the client's choice: one
	// that is sent again, because the answer was lost, makes nothing twice.
	tokens map[string]string
	// refused are the calls that were answered with an error, and why.
	refused []string
}

// handler answers one operation, with the state locked.
type handler func(e *Emulator, in message) (message, error)

var _ http.Handler = (*Emulator)(nil)

// New is an AWS in which nothing exists.
func New() (*Emulator, error) {
	services, err := api.Load()
	if err != nil {
		return nil, err
	}
	e := &Emulator{services: services, handlers: map[string]handler{}, tokens: map[string]string{}, store: store{byID: map[string]*object{}}}
	for service, group := range map[string][]map[string]handler{
		"ec2":            {networkHandlers(), routeHandlers(), groupHandlers(), interfaceHandlers(), instanceHandlers(), volumeHandlers(), templateHandlers(), tagHandlers()},
		"elbv2":          {balancerHandlers(), targetHandlers(), listenerHandlers()},
		"autoscaling":    {scalingHandlers(), scalingSettings()},
		"iam":            {identityHandlers(), profileHandlers()},
		"secretsmanager": {secretHandlers(), contentHandlers()},
		"sts":            {{"GetCallerIdentity": callerIdentity}},
	} {
		for _, handlers := range group {
			for operation, h := range handlers {
				e.handlers[service+" "+operation] = h
			}
		}
	}
	return e, nil
}

// Operations are those that are answered, as "service operation".
func (e *Emulator) Operations() []string {
	var all []string
	for name := range e.handlers {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Left lists what exists, in the order it was made; what came with something
// else is left out.
func (e *Emulator) Left() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var left []string
	for _, o := range e.store.all() {
		if !o.gone() {
			left = append(left, o.kind+" "+o.id)
		}
	}
	return left
}

// Objects counts what exists, by kind.
func (e *Emulator) Objects() map[string]int {
	counts := map[string]int{}
	for _, item := range e.Left() {
		kind, _, _ := strings.Cut(item, " ")
		counts[kind]++
	}
	return counts
}

// IDs are those of what exists of a kind, in the order they were made.
func (e *Emulator) IDs(kind string) []string {
	var ids []string
	for _, item := range e.Left() {
		if id, of := strings.CutPrefix(item, kind+" "); of {
			ids = append(ids, id)
		}
	}
	return ids
}

// Calls are the calls since the last time they were asked for.
func (e *Emulator) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := e.calls
	e.calls = nil
	return calls
}

// Refused are the calls that were answered with an error, and the error.
func (e *Emulator) Refused() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.refused)
}

// ServeHTTP answers one call.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c, err := e.parse(r.Header.Get("X-Amz-Target"), string(body))
	content := ""
	if err == nil {
		content, err = e.answer(c)
	}
	if err != nil {
		e.note(fmt.Sprintf("%s: %v", c.name(), err))
		c.writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", c.contentType())
	fmt.Fprint(w, content)
}

func (e *Emulator) note(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refused = append(e.refused, text)
}

// answer runs the handler of a call that the description allows.
func (e *Emulator) answer(c *call) (string, error) {
	if faults := e.services.Validate(c.service, c.operation, c.in); len(faults) > 0 {
		return "", refuse("ValidationError", "%s: %s", faults[0].Path, faults[0].Reason)
	}
	h, known := e.handlers[c.name()]
	if !known {
		return "", refuse("InvalidAction", "%s is not emulated", c.name())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, c.name())
	token := text(c.in, "ClientToken")
	if before, again := e.tokens[c.name()+token]; again && token != "" {
		return before, nil
	}
	answer, err := h(e, c.in)
	if err != nil {
		return "", err
	}
	content, err := c.encode(answer)
	e.tokens[c.name()+token] = content
	return content, err
}

// parse finds out what is called, and decodes what it is called with.
func (e *Emulator) parse(target, body string) (*call, error) {
	if target != "" {
		return e.parseJSON(target, body)
	}
	form, err := url.ParseQuery(body)
	c := &call{operation: form.Get("Action")}
	if err != nil {
		return c, refuse("MalformedQueryString", "%v", err)
	}
	for name, service := range e.services {
		if service.Metadata.APIVersion == form.Get("Version") && service.Metadata.Protocol != "json" {
			c.service, c.described = name, service
		}
	}
	if c.described == nil {
		return c, refuse("InvalidAction", "no service has version %q", form.Get("Version"))
	}
	operation, known := c.described.Operations[c.operation]
	if !known {
		return c, refuse("InvalidAction", "%s is not described", c.name())
	}
	c.as = operation
	c.in, err = c.decodeForm(form)
	return c, err
}
