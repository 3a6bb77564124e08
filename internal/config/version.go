package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Versions are the Kubernetes minors that are supported, newest first. This
// is the one place that lists them.
func Versions() []string {
	return []string{"1.37", "1.36", "1.35"}
}

// Releases are the versions that are known to exist, the default first; others
// of the supported minors are as good.
func Releases() []string { return []string{DefaultKubernetesVersion, "v1.36.3", "v1.35.4"} }

// fullVersion is vX.Y.Z and nothing more: a pre-release has no images that
// we test.
var fullVersion = regexp.MustCompile(`^v((?:0|[1-9]\d*)\.(?:0|[1-9]\d*))\.(?:0|[1-9]\d*)$`)

func (f *findings) version(path, version string) {
	supported := strings.Join(Versions(), ", ")
	match := fullVersion.FindStringSubmatch(version)
	switch {
	case match == nil && fullVersion.MatchString("v"+version):
		f.add(path, fmt.Sprintf("write %q", "v"+version), "%q lacks its v", version)
	case match == nil:
		f.add(path, fmt.Sprintf("write a full version such as %q; supported are the releases of %s", DefaultKubernetesVersion, supported),
			"%q is not a full version", version)
	case !slices.Contains(Versions(), match[1]):
		f.add(path, fmt.Sprintf("write a version of %s, such as %q", supported, DefaultKubernetesVersion),
			"Kubernetes %s is not supported; supported are %s", version, supported)
	}
}
