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

// versionParts is what people write instead: with or without a v, the patch or
// something behind it.
var versionParts = regexp.MustCompile(`^[vV]?(\d+\.\d+)(?:\.\d+)?(?:[-+].*)?$`)

// nearestVersion is the release to propose to whoever wrote something else:
// the newest known one of the minor that was written, or the default.
func nearestVersion(written string) string {
	if match := versionParts.FindStringSubmatch(written); match != nil {
		for _, release := range Releases() {
			if strings.HasPrefix(release, "v"+match[1]+".") {
				return release
			}
		}
	}
	return DefaultKubernetesVersion
}

func (f *findings) version(path, version string) {
	supported := strings.Join(Versions(), ", ")
	match := fullVersion.FindStringSubmatch(version)
	switch {
	case match == nil && fullVersion.MatchString("v"+version) && slices.Contains(Versions(), fullVersion.FindStringSubmatch("v" + version)[1]):
		f.add(path, fmt.Sprintf("write %q", "v"+version), "%q lacks its v", version)
	case match == nil:
		f.add(path, fmt.Sprintf("write %q, or another release of %s", nearestVersion(version), supported),
			"%q is not a full version", version)
	case !slices.Contains(Versions(), match[1]):
		f.add(path, fmt.Sprintf("write %q, or another release of %s", nearestVersion(version), supported),
			"Kubernetes %s is not supported; supported are %s", version, supported)
	}
}
