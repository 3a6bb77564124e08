package emulator

import (
	"fmt"
	"slices"
	"strings"
)

const kindSecret = "secret"

// secret is the one a request names, by its ARN or its name.
func (e *Emulator) secret(in message) (*object, error) {
	id := text(in, "SecretId")
	for _, o := range e.store.of(kindSecret) {
		if o.id == id || text(o.data, "Name") == id {
			return o, nil
		}
	}
	return nil, refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

// secretHandlers answer what is asked of secrets.
func secretHandlers() map[string]handler {
	return map[string]handler{
		"CreateSecret": createSecret,
		"DescribeSecret": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			out := deep(o.data).(message)
			out["VersionIdsToStages"] = deep(structure(o.kept, "Stages"))
			return out, nil
		},
		"UpdateSecret": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			with(o.data, in, "Description", "KmsKeyId")
			return with(message{}, o.data, "ARN", "Name"), nil
		},
		"DeleteSecret": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			if in["ForceDeleteWithoutRecovery"] != true {
				return nil, refuse("InvalidRequestException", "only a deletion at once is emulated")
			}
			e.store.remove(o)
			return with(message{}, o.data, "ARN", "Name"), nil
		},
		"GetResourcePolicy": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			return with(message{}, o.data, "ARN", "Name"), nil
		},
	}
}

// contentHandlers answer what is asked of what is in secrets, and their tags.
func contentHandlers() map[string]handler {
	return map[string]handler{
		"PutSecretValue":           putSecret,
		"GetSecretValue":           getSecret,
		"UpdateSecretVersionStage": moveStage,
		"ListSecretVersionIds": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			versions := list[any]()
			for version, stages := range structure(o.kept, "Stages") {
				versions = append(versions, message{"VersionId": version, "VersionStages": deep(stages)})
			}
			return with(message{"Versions": versions}, o.data, "ARN", "Name"), nil
		},
		"TagResource": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			o.data["Tags"] = merged(structures(o.data, "Tags"), structures(in, "Tags"))
			return message{}, nil
		},
		"UntagResource": func(e *Emulator, in message) (message, error) {
			o, err := e.secret(in)
			if err != nil {
				return nil, err
			}
			for _, key := range texts(in, "TagKeys") {
				o.data["Tags"] = without(structures(o.data, "Tags"), "Key", key)
			}
			return message{}, nil
		},
	}
}

func createSecret(e *Emulator, in message) (message, error) {
	name := text(in, "Name")
	if len(e.store.where(kindSecret, "Name", name)) > 0 {
		return nil, refuse("ResourceExistsException", "there is a secret %q", name)
	}
	arn := fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%06x", Region, Account, name, e.store.made)
	o := e.store.put(kindSecret, arn, with(message{"ARN": arn, "Name": name}, in, "Description", "KmsKeyId", "Tags"))
	o.kept["Stages"], o.kept["Values"] = message{}, message{}
	return message{"ARN": arn, "Name": name}, nil
}

// putSecret writes a version, and makes it the current one.
func putSecret(e *Emulator, in message) (message, error) {
	o, err := e.secret(in)
	if err != nil {
		return nil, err
	}
	version := text(in, "ClientRequestToken")
	stages := structure(o.kept, "Stages")
	for old, held := range stages {
		if slices.Contains(held.([]any), any("AWSCURRENT")) {
			stages[old] = list("AWSPREVIOUS")
		} else if slices.Contains(held.([]any), any("AWSPREVIOUS")) {
			delete(stages, old)
		}
	}
	stages[version] = list("AWSCURRENT")
	structure(o.kept, "Values")[version] = text(in, "SecretString")
	return with(message{"VersionId": version, "VersionStages": list("AWSCURRENT")}, o.data, "ARN", "Name"), nil
}

func getSecret(e *Emulator, in message) (message, error) {
	o, err := e.secret(in)
	if err != nil {
		return nil, err
	}
	stages := structure(o.kept, "Stages")
	version := text(in, "VersionId")
	for candidate, held := range stages {
		if version == "" && slices.Contains(held.([]any), any(or(in, "VersionStage", "AWSCURRENT"))) {
			version = candidate
		}
	}
	content, known := structure(o.kept, "Values")[version].(string)
	if !known {
		return nil, refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", version)
	}
	return with(message{"VersionId": version, "SecretString": content, "VersionStages": or(stages, version, list[any]())}, o.data, "ARN", "Name"), nil
}

// moveStage takes a stage from a version, and gives it to another.
func moveStage(e *Emulator, in message) (message, error) {
	o, err := e.secret(in)
	if err != nil {
		return nil, err
	}
	stages, stage := structure(o.kept, "Stages"), any(text(in, "VersionStage"))
	if from := text(in, "RemoveFromVersionId"); from != "" {
		held, _ := stages[from].([]any)
		stages[from] = slices.DeleteFunc(held, func(s any) bool { return s == stage })
	}
	if to := strings.TrimSpace(text(in, "MoveToVersionId")); to != "" {
		held, _ := stages[to].([]any)
		stages[to] = append(held, stage)
	}
	return with(message{}, o.data, "ARN", "Name"), nil
}
