package emulator

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
)

// encode writes an answer. Where the description has no place for a member, it
// says so: that is a mistake of the emulator.
func (c *call) encode(answer message) (content string, err error) {
	if c.described.Metadata.Protocol == "json" {
		text, err := json.Marshal(answer)
		return string(text), err
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<%sResponse xmlns="%s">`, c.operation, c.described.Metadata.XMLNamespace)
	if c.as.Output != nil && c.as.Output.ResultWrapper != "" {
		fmt.Fprintf(&out, "<%s>", c.as.Output.ResultWrapper)
	}
	if c.as.Output != nil {
		if err := c.members(&out, c.described.Shapes[c.as.Output.Shape], answer); err != nil {
			return "", err
		}
	}
	if c.as.Output != nil && c.as.Output.ResultWrapper != "" {
		fmt.Fprintf(&out, "</%s>", c.as.Output.ResultWrapper)
	}
	if c.described.Metadata.Protocol == "ec2" {
		out.WriteString("<requestId>emulated</requestId>")
	} else {
		out.WriteString("<ResponseMetadata><RequestId>emulated</RequestId></ResponseMetadata>")
	}
	fmt.Fprintf(&out, "</%sResponse>", c.operation)
	return out.String(), nil
}

// contentType is that of answers of the service.
func (c *call) contentType() string {
	if c.described != nil && c.described.Metadata.Protocol == "json" {
		return "application/x-amz-json-1.1"
	}
	return "text/xml"
}

// members writes the members of a structure.
func (c *call) members(out *strings.Builder, shape *api.Shape, values message) error {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		reference, known := shape.Members[name]
		if !known {
			return refuse("EmulatorMistake", "the answer to %s has no member %q", c.name(), name)
		}
		wire := name
		if reference.LocationName != "" {
			wire = reference.LocationName
		}
		if err := c.element(out, wire, c.described.Shapes[reference.Shape], values[name]); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) element(out *strings.Builder, wire string, shape *api.Shape, v any) (err error) {
	fmt.Fprintf(out, "<%s>", wire)
	switch v := v.(type) {
	case message:
		err = c.members(out, shape, v)
	case []any:
		inner := "member"
		if shape.Member.LocationName != "" {
			inner = shape.Member.LocationName
		}
		for _, item := range v {
			if err = c.element(out, inner, c.described.Shapes[shape.Member.Shape], item); err != nil {
				break
			}
		}
	default:
		err = xml.EscapeText(out, fmt.Append(nil, v))
	}
	fmt.Fprintf(out, "</%s>", wire)
	return err
}

// writeError answers with an error, in the service's own form.
func (c *call) writeError(w http.ResponseWriter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{Code: "InvalidParameterValue", Message: err.Error(), status: http.StatusBadRequest}
	}
	protocol := ""
	if c.described != nil {
		protocol = c.described.Metadata.Protocol
	}
	w.Header().Set("Content-Type", c.contentType())
	w.WriteHeader(f.status)
	if protocol == "json" {
		// Two strings: it does not fail.
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": f.Code, "message": f.Message})
		return
	}
	var message strings.Builder
	_ = xml.EscapeText(&message, []byte(f.Message))
	form := "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>emulated</RequestId></ErrorResponse>"
	if protocol == "ec2" {
		form = "<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>emulated</RequestID></Response>"
	}
	fmt.Fprintf(w, form, f.Code, message.String())
}
