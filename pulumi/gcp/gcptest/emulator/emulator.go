// Package emulator is a Google Cloud that speaks HTTP on this machine: as much
// of Compute Engine, IAM, Resource Manager and Secret Manager as the program of package gcp
// leads to. Routes, parameters and bodies are Google's own, by the trimmed
// descriptions of package discovery; what is not described there is refused
// and kept to be looked at.
package emulator

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
)

// Emulator holds what exists. It is an http.Handler; the APIs are below
// /compute/, /iam/, /cloudresourcemanager/ and /secretmanager/.
type Emulator struct {
	routes []route

	mu sync.Mutex
	// objects are all that exist, by link: projects/….
	objects map[string]object
	// members are the instances in groups, by the group's link.
	members map[string][]string
	// policies are who may do what, by the link of what it is done to.
	policies map[string]object
	done     map[string]object
	next     int
	refused  []string
	asked    map[string]int
	failing  map[string]bool
}

// object is a resource as the API shows it.
type object = map[string]any

// route is one method of an API.
type route struct {
	api    *discovery.Description
	method *discovery.Method
	path   *regexp.Regexp
	names  []string
}

// call is one request on its way.
type call struct {
	route
	path  map[string]string
	query url.Values
	body  object
	// at is the path below the version: projects/p/zones/z/disks.
	at string
}

// fault is an answer that is no success.
type fault struct {
	code    int
	message string
}

func (f *fault) Error() string { return f.message }

func refuse(code int, format string, args ...any) error {
	return &fault{code, fmt.Sprintf(format, args...)}
}

// New is an empty Google Cloud.
func New() (*Emulator, error) {
	e := &Emulator{objects: map[string]object{}, members: map[string][]string{}, policies: map[string]object{}, done: map[string]object{}, asked: map[string]int{}, failing: map[string]bool{}}
	for _, name := range discovery.Names() {
		api, err := discovery.Load(name)
		if err != nil {
			return nil, err
		}
		for _, method := range api.Methods() {
			e.routes = append(e.routes, newRoute(api, method))
		}
	}
	return e, nil
}

func newRoute(api *discovery.Description, method *discovery.Method) route {
	path := method.FlatPath
	if path == "" {
		path = method.Path
	}
	base := "/" + api.Name + "/"
	if api.Name == discovery.Compute {
		base += "v1/"
	}
	r := route{api: api, method: method}
	form := regexp.MustCompile(`\\\{([A-Za-z]+)\\\}`).ReplaceAllStringFunc(regexp.QuoteMeta(base+path), func(match string) string {
		r.names = append(r.names, strings.Trim(match, `\{}`))
		return `([^/:]+)`
	})
	r.path = regexp.MustCompile("^" + form + "$")
	return r
}

// ServeHTTP answers one request.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	answer, err := e.serve(r)
	code := http.StatusOK
	if err != nil {
		f := &fault{}
		if !errors.As(err, &f) {
			f = &fault{http.StatusInternalServerError, err.Error()}
		}
		if f.code != http.StatusNotFound {
			e.refused = append(e.refused, fmt.Sprintf("%s %s: %d %s", r.Method, r.URL.Path, f.code, f.message))
		}
		code = f.code
		answer = object{"error": object{"code": code, "message": f.message, "errors": []any{object{"message": f.message, "reason": reason(code)}}}}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // the connection is gone otherwise
}

func reason(code int) string {
	return map[int]string{http.StatusNotFound: "notFound", http.StatusConflict: "alreadyExists", http.StatusBadRequest: "invalid"}[code]
}

func (e *Emulator) serve(r *http.Request) (any, error) {
	c, err := e.find(r)
	if err != nil {
		return nil, err
	}
	e.asked[c.method.ID]++
	if e.failing[c.method.ID] {
		delete(e.failing, c.method.ID)
		return nil, refuse(http.StatusForbidden, "Required permission for %s is missing", c.method.ID)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	switch c.api.Name {
	case discovery.IAM:
		if strings.Contains(c.method.ID, ".roles.") {
			return e.roles(c)
		}
		return e.accounts(c)
	case discovery.ResourceManager:
		return e.policy(c, "projects/"+c.path["resource"])
	case discovery.SecretManager:
		return e.secrets(c)
	}
	return e.compute(c)
}

// find is the method that a request is for, and its body.
func (e *Emulator) find(r *http.Request) (*call, error) {
	for _, candidate := range e.routes {
		match := candidate.path.FindStringSubmatch(r.URL.Path)
		if candidate.method.HTTPMethod != r.Method || match == nil {
			continue
		}
		c := &call{route: candidate, path: map[string]string{}, query: r.URL.Query(), at: r.URL.Path[strings.Index(r.URL.Path, "/v1/")+len("/v1/"):]}
		for i, name := range candidate.names {
			c.path[name] = match[i+1]
		}
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if len(strings.TrimSpace(string(data))) > 0 && string(data) != "null" {
			if err := json.Unmarshal(data, &c.body); err != nil {
				return nil, refuse(http.StatusBadRequest, "the body is no JSON object: %v", err)
			}
		}
		return c, nil
	}
	return nil, refuse(http.StatusNotImplemented, "the trimmed description has no such method")
}

// check holds parameters and body against the description.
func (c *call) check() error {
	for name, value := range c.path {
		if s := c.method.Parameters[name]; s != nil {
			for _, p := range c.api.Parameter(name, s, value) {
				return refuse(http.StatusBadRequest, "%s", p)
			}
		}
	}
	for name := range c.query {
		// These are of every method.
		if slices.Contains([]string{"alt", "prettyPrint", "fields", "key", "quotaUser", "userProject"}, name) {
			continue
		}
		if c.method.Parameters[name] == nil {
			return refuse(http.StatusBadRequest, "there is no parameter %q", name)
		}
	}
	if c.method.Request == nil {
		return nil
	}
	body := any(c.body)
	if c.body == nil {
		body = map[string]any{}
	}
	tolerate(c.body)
	for _, p := range c.api.Request(c.method.ID, body) {
		return refuse(http.StatusBadRequest, "%s", p)
	}
	return nil
}

// tolerate takes out what the upstream provider sends without a value and the
// API, which does not know it, takes no notice of.
func tolerate(body object) {
	nats, _ := body["nats"].([]any)
	for _, item := range nats {
		nat, _ := item.(map[string]any)
		if given, ok := nat["initialNatIps"].([]any); ok && len(given) == 0 {
			delete(nat, "initialNatIps")
		}
	}
}

// verb is the last part of a method's id: insert, setLabels.
func (c *call) verb() string { return c.method.ID[strings.LastIndex(c.method.ID, ".")+1:] }

// print makes fingerprints that differ: base64, as they are.
func (e *Emulator) print() string { return base64.StdEncoding.EncodeToString([]byte(e.number())) }

// number makes ids that differ.
func (e *Emulator) number() string {
	e.next++
	return fmt.Sprintf("%d", 4000000000000000000+e.next)
}
