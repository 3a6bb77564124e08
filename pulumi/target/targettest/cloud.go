// Package targettest is a cloud to test targets against: resources in the
// memory of the test, made and taken away by a provider that the engine cannot
// tell from a published one. What may be made, each cloud's own test package
// says by the vendor's description of its API.
package targettest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Properties are what resources are made of.
type Properties = resource.PropertyMap

// Kind is one type of resource. Check and Refuse may look at what exists;
// Outputs and ID are asked while the cloud is locked and may not.
type Kind struct {
	// Check tells what the vendor's API would refuse of these inputs. In a
	// preview some are not known yet: resource.PropertyValue.ContainsUnknowns.
	Check func(inputs Properties) []Problem
	// Outputs are what the cloud adds to the inputs: ids, addresses, links. It
	// is asked once, when the object is made, and again after each update.
	Outputs func(object Object) Properties
	// ID is what the cloud calls a new object; nil means its name.
	ID func(name string, inputs Properties) string
	// Replace are the inputs that no object can change, as paths of keys
	// without the places in lists: "cidrBlock", "networkInterfaces.subnetwork".
	Replace []string
	// DeleteFirst tells that the published provider deletes an object before
	// it makes the one that replaces it. Objects with an input "name" that
	// stays the same are replaced so in any case.
	DeleteFirst bool
	// Immutable are inputs that the provider would change and the cloud then
	// refuses to, as paths like those of Replace: a program has to ask for the
	// replacement itself.
	Immutable []string
	// Refuse tells why the cloud would not make, or change to, these inputs as
	// things are: what they refer to is missing, an address is taken. Unlike
	// Check it is not asked in previews, and every input is known.
	Refuse func(name string, inputs Properties) error
	// Holds tells that what is within an object goes when it goes: the objects
	// whose ids begin with its own and a slash.
	Holds bool
	// References are the outputs, besides the id, by which other objects refer
	// to this one. While any does, it cannot be deleted.
	References []string
	// Namesakes tells that the id is a name which unrelated objects can have
	// too: nothing refers to an object by it, but by References alone.
	Namesakes bool
	// Renewed are outputs that every update changes. Its preview cannot know
	// them, and shows what hangs on them as changed.
	Renewed []string
}

// Problem is one input that the vendor's API would refuse.
type Problem struct {
	// Property is the path of the input in Pulumi's words.
	Property string
	Reason   string
}

// Object is one resource that exists.
type Object struct {
	Type, Name, ID string
	// Serial is how many objects the cloud had made with this one: for what
	// is new each time, as the id of an identity.
	Serial  int
	Inputs  Properties
	Outputs Properties
}

// Cloud holds what exists. It is safe for use by several providers at once.
type Cloud struct {
	kinds map[string]Kind

	mu      sync.Mutex
	objects map[string]*Object // by type and id
	made    int
	calls   []Call
	faults  map[Call]error
}

// NewCloud is an empty cloud of these kinds, by Pulumi's type token.
func NewCloud(kinds map[string]Kind) *Cloud {
	return &Cloud{kinds: kinds, objects: map[string]*Object{}, faults: map[Call]error{}}
}

// Provider makes a provider of this cloud: a value for
// engine.Options.Providers under the published provider's name.
func (c *Cloud) Provider() (pulumirpc.ResourceProviderServer, error) {
	return &server{cloud: c}, nil
}

// Types are the kinds that the cloud knows, sorted.
func (c *Cloud) Types() []string { return slices.Sorted(maps.Keys(c.kinds)) }

// Objects are all that exist, by type and name.
func (c *Cloud) Objects() []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Object
	for _, object := range c.objects {
		all = append(all, *object)
	}
	slices.SortFunc(all, func(a, b Object) int { return strings.Compare(a.Type+" "+a.Name, b.Type+" "+b.Name) })
	return all
}

// Find is the object of a type and name; nil where there is none.
func (c *Cloud) Find(kind, name string) *Object {
	for _, object := range c.Objects() {
		if object.Type == kind && object.Name == name {
			return &object
		}
	}
	return nil
}

// Have makes an object without the engine, as the user of an existing network
// has done. Its outputs are worked out like those of any other.
func (c *Cloud) Have(kind, name string, inputs Properties) (Object, error) {
	object, err := c.create(kind, name, inputs)
	if err != nil {
		return Object{}, err
	}
	return *object, nil
}

// Drift changes a property of an object behind the engine's back.
func (c *Cloud) Drift(kind, name, key string, value resource.PropertyValue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, object := range c.objects {
		if object.Type == kind && object.Name == name {
			object.Inputs, object.Outputs = maps.Clone(object.Inputs), maps.Clone(object.Outputs)
			object.Inputs[resource.PropertyKey(key)] = value
			object.Outputs[resource.PropertyKey(key)] = value
		}
	}
}

// Remove takes an object away behind the engine's back.
func (c *Cloud) Remove(kind, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.objects, func(_ string, object *Object) bool { return object.Type == kind && object.Name == name })
}

func key(kind, id string) string { return kind + " " + id }

// create makes an object.
func (c *Cloud) create(kind, name string, inputs Properties) (*Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.call(Create, kind, name); err != nil {
		return nil, err
	}
	object := &Object{Type: kind, Name: name, ID: c.id(kind, name, inputs), Inputs: inputs}
	for n := 2; c.objects[key(kind, object.ID)] != nil; n++ {
		if c.kinds[kind].DeleteFirst || nameIn(inputs) != "" {
			return nil, fmt.Errorf("%s %q exists already", kind, object.ID)
		}
		// What has no name of the user's choice gets another id each time.
		object.ID = fmt.Sprintf("%s-%d", c.id(kind, name, inputs), n)
	}
	c.made++
	object.Serial = c.made
	c.complete(object)
	c.objects[key(kind, object.ID)] = object
	return object, nil
}

// id is what the cloud calls an object of these inputs, if it is the first.
func (c *Cloud) id(kind, name string, inputs Properties) string {
	if id := c.kinds[kind].ID; id != nil {
		return id(name, inputs)
	}
	return name
}

// complete works out an object's outputs.
func (c *Cloud) complete(object *Object) {
	outputs := maps.Clone(object.Inputs)
	if more := c.kinds[object.Type].Outputs; more != nil {
		maps.Copy(outputs, more(*object))
	}
	object.Outputs = outputs
}

// update gives an object other inputs.
func (c *Cloud) update(kind, id string, inputs Properties) (*Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	object, found := c.objects[key(kind, id)]
	if !found {
		return nil, fmt.Errorf("%s %q does not exist", kind, id)
	}
	if err := c.call(Update, kind, object.Name); err != nil {
		return nil, err
	}
	for _, path := range differing("", resource.NewProperty(Plain(object.Inputs)), resource.NewProperty(Plain(inputs))) {
		if slices.ContainsFunc(c.kinds[kind].Immutable, func(f string) bool { return covers(f, path) }) {
			return nil, fmt.Errorf("%s %q: changing %s is not allowed", kind, object.Name, path)
		}
	}
	object.Inputs = inputs
	c.complete(object)
	return object, nil
}

// remove deletes an object that no other refers to.
func (c *Cloud) remove(kind, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	object, found := c.objects[key(kind, id)]
	if !found {
		return nil
	}
	if err := c.call(Delete, kind, object.Name); err != nil {
		return err
	}
	var names []string
	if !c.kinds[kind].Namesakes {
		names = append(names, object.ID)
	}
	for _, output := range c.kinds[kind].References {
		if value := object.Outputs[resource.PropertyKey(output)]; value.IsString() {
			names = append(names, value.StringValue())
		}
	}
	within := func(other *Object) bool { return c.kinds[kind].Holds && strings.HasPrefix(other.ID, object.ID+"/") }
	for _, other := range c.objects {
		if other != object && !within(other) && refers(resource.NewProperty(other.Inputs), names) {
			return fmt.Errorf("%s %q is in use by %s %q", kind, id, other.Type, other.Name)
		}
	}
	maps.DeleteFunc(c.objects, func(_ string, other *Object) bool { return other == object || within(other) })
	return nil
}

// Fixed tells whether an input cannot be changed in place.
func (c *Cloud) Fixed(kind, path string) bool {
	fixed := slices.Concat(c.kinds[kind].Replace, c.kinds[kind].Immutable)
	return slices.ContainsFunc(fixed, func(f string) bool { return covers(f, path) })
}
