package enginetest

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Things is what a program declares, by name.
type Things map[string]Thing

// Named returns things with these names.
func Named(names ...string) Things {
	things := Things{}
	for _, name := range names {
		things[name] = Thing{Value: "of " + name}
	}
	return things
}

// Program declares the things and exports the value and the secret of each as
// NAME and NAME-secret.
func (t Things) Program() pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for _, name := range slices.Sorted(maps.Keys(t)) {
			if err := declare(ctx, name, t[name]); err != nil {
				return err
			}
		}
		return nil
	}
}

// declared is the program's view of a thing.
type declared struct {
	pulumi.CustomResourceState
	Value  pulumi.StringOutput    `pulumi:"value"`
	Secret pulumi.StringPtrOutput `pulumi:"secret"`
}

func declare(ctx *pulumi.Context, name string, thing Thing) error {
	inputs := pulumi.Map{"value": pulumi.String(thing.Value)}
	if thing.Shape != "" {
		inputs["shape"] = pulumi.String(thing.Shape)
	}
	if thing.Secret != "" {
		inputs["secret"] = pulumi.ToSecret(pulumi.String(thing.Secret))
	}
	var resource declared
	if err := ctx.RegisterResource(Type, name, inputs, &resource); err != nil {
		return err
	}
	ctx.Export(name, resource.Value)
	if thing.Secret != "" {
		ctx.Export(name+"-secret", resource.Secret)
	}
	return nil
}

// Chain declares things that each depend on the one before.
func Chain(names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var before []pulumi.Resource
		for _, name := range names {
			resource := &declared{}
			inputs := pulumi.Map{"value": pulumi.String("of " + name)}
			if err := ctx.RegisterResource(Type, name, inputs, resource, pulumi.DependsOn(before)); err != nil {
				return err
			}
			before = []pulumi.Resource{resource}
		}
		return nil
	}
}

// Declare declares a thing from within a program, of a value that may be
// another's and a shape that may be empty, and returns the value that it has.
func Declare(ctx *pulumi.Context, name string, value pulumi.StringInput, shape string) (pulumi.StringOutput, error) {
	inputs := pulumi.Map{"value": value}
	if shape != "" {
		inputs["shape"] = pulumi.String(shape)
	}
	var resource declared
	err := ctx.RegisterResource(Type, name, inputs, &resource)
	return resource.Value, err
}
