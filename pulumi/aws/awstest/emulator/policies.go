package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// longestPolicies is how many characters the policies within a role may have
// together, white space not counted
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const longestPolicies = 10240

// Policies are the documents of policies by role and name.
func (e *Emulator) Policies() map[string]map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]map[string]string{}
	for _, role := range e.store.of(kindRole) {
		all[role.id] = map[string]string{}
		for name, document := range structure(role.kept, "Policies") {
			all[role.id][name], _ = document.(string)
		}
	}
	return all
}

// putPolicy keeps a policy that can be read and for which there is room.
func putPolicy(e *Emulator, in message) (message, error) {
	o, err := e.entity(kindRole, text(in, "RoleName"))
	if err != nil {
		return nil, err
	}
	name, document := text(in, "PolicyName"), text(in, "PolicyDocument")
	var policy struct {
		Version   string
		Statement []struct{ Effect string }
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil || policy.Version == "" || len(policy.Statement) == 0 {
		return nil, &failure{Code: "MalformedPolicyDocument", Message: "policy " + name + " is none", status: http.StatusBadRequest}
	}
	size := counted(document)
	for other, kept := range structure(o.kept, "Policies") {
		if held, ok := kept.(string); ok && other != name {
			size += counted(held)
		}
	}
	if size > longestPolicies {
		return nil, &failure{Code: "LimitExceeded", Message: "Maximum policy size of 10240 bytes exceeded for role " + o.id, status: http.StatusConflict}
	}
	structure(o.kept, "Policies")[name] = document
	return message{}, nil
}

// counted is how many characters of a document count.
func counted(document string) int {
	return len(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, document))
}

func getPolicy(e *Emulator, in message) (message, error) {
	o, err := e.entity(kindRole, text(in, "RoleName"))
	if err != nil {
		return nil, err
	}
	document, known := structure(o.kept, "Policies")[text(in, "PolicyName")].(string)
	if !known {
		return nil, &failure{Code: noEntity, Message: "there is no policy " + text(in, "PolicyName"), status: http.StatusNotFound}
	}
	return message{"RoleName": o.id, "PolicyName": text(in, "PolicyName"), "PolicyDocument": url.QueryEscape(document)}, nil
}

func deletePolicy(e *Emulator, in message) (message, error) {
	if _, err := getPolicy(e, in); err != nil {
		return nil, err
	}
	delete(structure(e.store.get(kindRole, text(in, "RoleName")).kept, "Policies"), text(in, "PolicyName"))
	return message{}, nil
}
