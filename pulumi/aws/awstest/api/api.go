// Package api is AWS's own description of its API, trimmed to the operations
// that a cluster needs, and a check of requests against it. Where the
// description comes from, README.md says.
package api

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed *.json newer/*.json
var files embed.FS

// Services are the described services by name: ec2, elbv2, autoscaling, iam,
// secretsmanager, sts.
type Services map[string]*Service

// Service is one service of AWS.
type Service struct {
	Metadata   Metadata
	Operations map[string]Operation
	Shapes     map[string]*Shape
}

// Metadata is how a service is spoken to.
type Metadata struct {
	APIVersion, Protocol, XMLNamespace, TargetPrefix string
}

// Operation is one call. Input and Output may be nil.
type Operation struct{ Input, Output *Reference }

// Reference is a use of a shape, and what it is called there on the wire.
type Reference struct {
	Shape                   string
	LocationName, QueryName string
	ResultWrapper           string
	Flattened               bool
}

// Shape is a type of value.
type Shape struct {
	// Type is structure, list, map, string, integer, long, float, double,
	// boolean, timestamp or blob.
	Type               string
	Members            map[string]Reference
	Member, Key, Value *Reference
	Required           []string
	Enum               []string
	Pattern            string
	// Min and Max bound numbers, and the lengths of strings and lists.
	Min, Max     *float64
	Flattened    bool
	LocationName string
}

// Load reads the description.
func Load() (Services, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("reading AWS's description: %w", err)
	}
	services := Services{}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		service := &Service{}
		if err := read(entry.Name(), service); err != nil {
			return nil, err
		}
		services[strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))] = service
	}
	return services, services.addNewer()
}

// addNewer adds what came after the vendor's last published description,
// written by hand from the reference pages of the API.
func (s Services) addNewer() error {
	for name, service := range s {
		if _, err := fs.Stat(files, "newer/"+name+".json"); err != nil {
			continue
		}
		newer := &Service{}
		if err := read("newer/"+name+".json", newer); err != nil {
			return err
		}
		maps.Copy(service.Operations, newer.Operations)
		for shape, added := range newer.Shapes {
			known, found := service.Shapes[shape]
			if !found {
				service.Shapes[shape] = added
				continue
			}
			maps.Copy(known.Members, added.Members)
			known.Enum = append(known.Enum, added.Enum...)
		}
	}
	return nil
}

func read(name string, into *Service) error {
	text, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading AWS's description: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading AWS's description %q: %w", name, err)
	}
	return nil
}

// Requires tells whether a shape must have a member.
func (s *Shape) Requires(member string) bool { return slices.Contains(s.Required, member) }
