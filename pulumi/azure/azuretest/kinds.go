package azuretest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// kind is one type of resource: how its address is put together, and what is
// asked of it beyond the description of its body.
type kind struct {
	// arm is its type and API version, that of azure-native v2.90.0.
	arm string
	// name is the input that names it, form what names are like.
	name string
	form *regexp.Regexp
	is   string
	// parent is the input that names what it is within, of the type above; it
	// is the resource group where empty.
	parent string
	// scoped tells that it is within whatever its input scope is.
	scoped bool
	// replace are inputs besides those of the address whose change makes
	// azure-native replace it; immutable those that ARM then refuses.
	replace, immutable []string
	// rules are what bites in reality; placed is asked when it is made.
	rules  func(inputs object, p *problems)
	placed func(w *world, name string, inputs object) error
	// outputs are what Azure adds.
	outputs func(o targettest.Object, inputs object) targettest.Properties
	holds   bool
}

// Forms of names, as Azure's documentation of naming rules gives them.
var (
	groupForm    = regexp.MustCompile(`^[-\w.()]{0,89}[-\w()]$`)
	networkForm  = regexp.MustCompile(`^[a-zA-Z0-9]([-\w.]{0,78}\w)?$`)
	vnetForm     = regexp.MustCompile(`^[a-zA-Z0-9]([-\w.]{0,62}\w)?$`)
	machineForm  = regexp.MustCompile(`^[a-zA-Z0-9]([-\w.]{0,62}\w)?$`)
	diskForm     = regexp.MustCompile(`^[a-zA-Z0-9][-\w.]{0,79}$`)
	vaultForm    = regexp.MustCompile(`^[a-zA-Z](-?[a-zA-Z0-9]){2,23}$`)
	secretForm   = regexp.MustCompile(`^[a-zA-Z0-9-]{1,127}$`)
	identityForm = regexp.MustCompile(`^[a-zA-Z0-9][-\w]{2,127}$`)
	uuidForm     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// ofNetwork is what most kinds of the network have in common.
func ofNetwork(arm, name string) kind {
	return kind{arm: "Microsoft.Network/" + arm + "@2023-02-01", name: name, form: networkForm,
		is:        "1 to 80 letters, digits, underscores, periods and hyphens",
		immutable: []string{"location"}}
}

// kinds are all that the program makes, by Pulumi's token. The world is what
// exists; nil where only the descriptions are wanted.
func kinds(w *world) map[string]kind {
	all := map[string]kind{}
	for token, k := range networkKinds() {
		all["azure-native:network:"+token] = k
	}
	for token, k := range computeKinds() {
		all["azure-native:compute:"+token] = k
	}
	for token, k := range vaultKinds() {
		all["azure-native:"+token] = k
	}
	return all
}

// target makes a kind of the cloud out of a kind of Azure.
func (k kind) target(w *world) targettest.Kind {
	made := targettest.Kind{
		DeleteFirst: true, Holds: k.holds, Immutable: k.immutable, Replace: append(k.address(), k.replace...),
		ID:    func(name string, inputs targettest.Properties) string { return k.id(name, plain(inputs)) },
		Check: func(inputs targettest.Properties) []targettest.Problem { return k.check(plain(inputs)) },
		Refuse: func(name string, inputs targettest.Properties) error {
			return w.refuse(k, name, plain(inputs))
		},
		Outputs: func(o targettest.Object) targettest.Properties {
			inputs := plain(o.Inputs)
			outputs := targettest.Properties{"name": property(k.called(o.Name, inputs)), "type": property(k.resourceType())}
			if k.outputs != nil {
				for key, v := range k.outputs(o, inputs) {
					outputs[key] = v
				}
			}
			return outputs
		},
	}
	if strings.HasSuffix(k.resourceType(), "/resourceGroups") {
		made.References = []string{"name"}
	}
	return made
}

// address are the inputs that are no part of the body but of its address.
func (k kind) address() []string {
	switch {
	case k.scoped:
		return []string{k.name, "scope"}
	case k.parent != "":
		return []string{k.name, k.parent, "resourceGroupName"}
	case k.name == "resourceGroupName":
		return []string{k.name}
	}
	return []string{k.name, "resourceGroupName"}
}

func (k kind) resourceType() string {
	kind, _, _ := strings.Cut(k.arm, "@")
	return kind
}

// called is its name: azure-native takes the program's where none is given.
func (k kind) called(name string, inputs object) string {
	if given, ok := text(inputs, k.name); ok {
		return given
	}
	return name
}

// id is its ARM id.
func (k kind) id(name string, inputs object) string {
	called := k.called(name, inputs)
	group, _ := text(inputs, "resourceGroupName")
	within := fmt.Sprintf("/subscriptions/%s/resourceGroups/%s", Subscription, group)
	namespace, rest, _ := strings.Cut(k.resourceType(), "/")
	first, second, _ := strings.Cut(rest, "/")
	switch {
	case k.name == "resourceGroupName":
		return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s", Subscription, called)
	case k.scoped:
		scope, _ := text(inputs, "scope")
		return fmt.Sprintf("%s/providers/%s/%s/%s", scope, namespace, rest, called)
	case k.parent != "":
		parent, _ := text(inputs, k.parent)
		return fmt.Sprintf("%s/providers/%s/%s/%s/%s/%s", within, namespace, first, parent, second, called)
	}
	return fmt.Sprintf("%s/providers/%s/%s/%s", within, namespace, rest, called)
}

// check is what ARM refuses without looking at anything else.
func (k kind) check(inputs object) []targettest.Problem {
	p := problems{}
	p.form(inputs, k.name, k.form, k.is)
	for _, key := range k.address() {
		if absent(inputs, key) && key != k.name {
			p.add(key, "is required")
		}
	}
	p.form(inputs, "resourceGroupName", groupForm, "1 to 90 letters, digits, and -_.()")
	body := object{}
	for key, v := range inputs {
		body[key] = v
	}
	for _, key := range k.address() {
		delete(body, key)
	}
	p = append(p, described().validate(k.arm, body)...)
	general(inputs, &p)
	if k.rules != nil {
		k.rules(inputs, &p)
	}
	return p
}
