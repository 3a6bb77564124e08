package release

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/template"
)

// ManifestFile is the name of the manifest for krew, in a release and in the
// clone.
const ManifestFile = "plugin.yaml"

// manifestTemplate is krew's manifest. Without "files" krew takes all that is in
// the archive, licences too. A checksum may have nothing but digits,
// which YAML takes for a number unless it is quoted
// (https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/).
const manifestTemplate = `# Written by 'make release': the manifest of kubectl anywhere for krew.
{{- range .Comments}}
# {{.}}
{{- end}}
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: anywhere
spec:
  version: {{.Version}}
  homepage: {{.Home}}
  shortDescription: Turn up Kubernetes clusters on clouds, hosts or this machine
  description: |
    Turn up a Kubernetes cluster of many nodes on Google Cloud, AWS, Azure, hosts
    that you have or the machine in front of you, with one command that shows
    everything it does. Run "kubectl anywhere" to begin.
  caveats: |
    Have your shell complete it:  kubectl anywhere completion install
    Before uninstalling:          kubectl anywhere completion uninstall
    The target "local" needs Linux, or a Docker on this machine.
  platforms:
{{- range .Platforms}}
    - selector:
        matchLabels:
          os: {{.OS}}
          arch: {{.Arch}}
      uri: {{.URI}}
      sha256: "{{.SHA256}}"
      bin: {{.Bin}}
{{- end}}
`

// platformEntry is what the manifest says of a platform.
type platformEntry struct {
	Platform
	URI, SHA256, Bin string
}

// Manifest is the manifest of a version, with the checksum of the archive of
// each platform. The comments stand at its head.
func Manifest(program, version string, checksums map[Platform]string, comments ...string) ([]byte, error) {
	var entries []platformEntry
	for _, p := range Platforms() {
		if checksums[p] == "" {
			continue
		}
		entries = append(entries, platformEntry{
			Platform: p, SHA256: checksums[p], Bin: p.file(program),
			URI: fmt.Sprintf("%s/releases/download/%s/%s", home, version, p.archive(program, version)),
		})
	}
	t, err := template.New(ManifestFile).Parse(manifestTemplate)
	if err != nil {
		return nil, err
	}
	out := bytes.Buffer{}
	err = t.Execute(&out, map[string]any{"Version": version, "Home": home, "Platforms": entries, "Comments": comments})
	return out.Bytes(), err
}

// Unreleased is the manifest that the clone has before the first release:
// whole, and with checksums that no archive has.
func Unreleased(program string) ([]byte, error) {
	none := map[Platform]string{}
	for _, p := range Platforms() {
		none[p] = strings.Repeat("0", 64)
	}
	return Manifest(program, "v0.0.0", none,
		"There is no release yet: the checksums are zeros, and krew refuses them.",
		"That of a release lies beside its archives, and replaces this one.")
}

// manifest writes that of the archives that were made.
func (r *run) manifest(context.Context) error {
	if len(r.Platforms) == 0 {
		r.say("  there is nothing to install")
		return nil
	}
	checksums := map[Platform]string{}
	for _, a := range r.artefacts {
		checksums[a.Platform] = a.SHA256
	}
	text, err := Manifest(r.Program, r.Version, checksums)
	if err != nil {
		return err
	}
	return r.write(ManifestFile, text)
}
