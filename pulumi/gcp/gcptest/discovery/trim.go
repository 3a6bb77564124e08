package discovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Wanted are the methods that a trimmed description keeps, by API: each line a
// collection and its methods.
func Wanted() map[string][]string {
	lists := map[string]string{
		Compute: `
			networks insert get patch delete
			subnetworks insert get patch delete
			routers insert get patch delete
			firewalls insert get patch update delete
			addresses insert get delete setLabels
			disks insert get delete setLabels resize
			instances insert get delete start stop update setLabels setMetadata setTags setScheduling setServiceAccount setMachineType setShieldedInstanceIntegrityPolicy attachDisk detachDisk
			instanceGroups insert get delete addInstances removeInstances listInstances setNamedPorts
			regionHealthChecks insert get update patch delete
			regionBackendServices insert get update patch delete
			forwardingRules insert get patch delete setLabels setTarget
			instanceTemplates insert get delete
			regionInstanceGroupManagers insert get patch delete resize listManagedInstances
			globalOperations get wait
			regionOperations get wait
			zoneOperations get wait
			projects get
			regions get
			zones get
			machineTypes get
			images get getFromFamily`,
		IAM: `
			projects.roles create get patch delete undelete
			projects.serviceAccounts create get patch delete enable disable getIamPolicy setIamPolicy`,
		ResourceManager: `projects getIamPolicy setIamPolicy`,
		SecretManager: `
			projects.secrets create get patch delete addVersion getIamPolicy setIamPolicy
			projects.secrets.versions get access destroy enable disable`,
	}
	wanted := map[string][]string{}
	for api, list := range lists {
		for line := range strings.Lines(list) {
			words := strings.Fields(line)
			for i := 1; i < len(words); i++ {
				wanted[api] = append(wanted[api], api+"."+words[0]+"."+words[i])
			}
		}
	}
	return wanted
}

// Trim keeps of a discovery document the wanted methods, the schemas that they
// need, and of these what Schema holds: no word for people.
func Trim(document []byte, wanted []string) ([]byte, error) {
	d := &Description{}
	if err := json.Unmarshal(document, d); err != nil {
		return nil, fmt.Errorf("trimming a discovery document: %w", err)
	}
	kept := map[string]*Schema{}
	for _, id := range wanted {
		m := d.Method(id)
		if m == nil {
			return nil, fmt.Errorf("trimming a discovery document: it has no method %q", id)
		}
		d.keep(kept, m.Request)
		d.keep(kept, m.Response)
	}
	d.Schemas = kept
	prune(d.Resources, wanted)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("trimming a discovery document: %w", err)
	}
	return out.Bytes(), nil
}

// keep collects the schemas that one leans on.
func (d *Description) keep(kept map[string]*Schema, s *Schema) {
	if s == nil {
		return
	}
	if s.Ref != "" && kept[s.Ref] == nil {
		kept[s.Ref] = d.Schemas[s.Ref]
		d.keep(kept, d.Schemas[s.Ref])
	}
	d.keep(kept, s.Items)
	d.keep(kept, s.AdditionalProperties)
	for _, p := range s.Properties {
		d.keep(kept, p)
	}
}

// prune takes out the methods that nobody wants, and what is then empty.
func prune(resources map[string]*Resource, wanted []string) {
	for name, r := range resources {
		prune(r.Resources, wanted)
		for key, m := range r.Methods {
			if !slices.Contains(wanted, m.ID) {
				delete(r.Methods, key)
			}
		}
		if len(r.Methods) == 0 && len(r.Resources) == 0 {
			delete(resources, name)
		}
	}
}
