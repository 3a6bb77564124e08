package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/CycloneDX/cyclonedx-go"
	provenance "github.com/in-toto/attestation/go/predicates/provenance/v1"
	attestation "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// sbom reads a bill with CycloneDX's own types, and refuses one that says
// nothing. Whether it keeps to the schema is judged by the schema.
func sbom(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	bom := new(cyclonedx.BOM)
	if err := cyclonedx.NewBOMDecoder(f, cyclonedx.BOMFileFormatJSON).Decode(bom); err != nil {
		return err
	}
	if bom.SpecVersion != cyclonedx.SpecVersion1_6 || bom.Metadata == nil || bom.Metadata.Component == nil {
		return errors.New("it does not say what it is the bill of")
	}
	if bom.Components == nil || len(*bom.Components) == 0 {
		return errors.New("it has no component")
	}
	for _, c := range *bom.Components {
		if c.Name == "" || c.Type == "" {
			return fmt.Errorf("a component lacks its name or type: %+v", c)
		}
	}
	return nil
}

// statement reads a statement and what it says, strictly: a field that the
// definitions do not have is an error.
func statement(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s := new(attestation.Statement)
	if err := protojson.Unmarshal(text, s); err != nil {
		return err
	}
	if err := s.Validate(); err != nil {
		return err
	}
	if s.GetPredicateType() != "https://slsa.dev/provenance/v1" {
		return fmt.Errorf("it is about %q", s.GetPredicateType())
	}
	predicate, err := json.Marshal(s.GetPredicate().AsMap())
	if err != nil {
		return err
	}
	p := new(provenance.Provenance)
	if err := protojson.Unmarshal(predicate, p); err != nil {
		return err
	}
	return p.Validate()
}
