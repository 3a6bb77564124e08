package target

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// FirstBootLimit is how long the first-boot script may be: well below the
// smallest limit of any cloud's user-data, even as base64 in other wrapping.
const FirstBootLimit = 4096

// firstBootDeadline is how long a host tries before it says that it gave up.
const firstBootDeadline = 30 * time.Minute

//go:embed firstboot.sh
var firstBootBody string

// FirstBootInput is what differs between the first-boot scripts of hosts. None
// of it is a secret: the bundle is named by where it is and what it hashes to.
type FirstBootInput struct {
	// BootstrapImage is the image of phase 2.
	BootstrapImage string
	// BundleURL is where the host reads its node bundle.
	BundleURL string
	// BundleSHA256 is the bundle's digest in hex; empty where a bundle comes
	// by hand and is trusted as it is.
	BundleSHA256 string
	// ImageArchive is the path on the host of an archive of all images; empty
	// where they are pulled.
	ImageArchive string
	// BootstrapArchive is the path on the host of a smaller archive that holds
	// the bootstrap image alone, and is loaded instead.
	BootstrapArchive string
	// Deadline is how long the host tries; zero means half an hour.
	Deadline time.Duration
}

// Each value ends up between single quotes in a shell script that runs as
// root, so each is held to the characters it can have need of.
var (
	imageForm  = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$`)
	urlForm    = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[a-zA-Z0-9._~:/?#@!&=+%,;-]+$`)
	digestForm = regexp.MustCompile(`^([0-9a-f]{64})?$`)
	pathForm   = regexp.MustCompile(`^(/[a-zA-Z0-9._/-]+)?$`)
)

// FirstBoot is the first-boot script: the same on every target but for the
// values at its top. It makes sure that a container engine is there and hands
// over to the bootstrap image.
func FirstBoot(in FirstBootInput) (string, error) {
	if in.Deadline == 0 {
		in.Deadline = firstBootDeadline
	}
	if err := in.check(); err != nil {
		return "", fmt.Errorf("writing the first-boot script: %w", err)
	}
	var script strings.Builder
	script.WriteString("#!/bin/sh\n" +
		"# First boot of a kubernetes-anywhere host: the same script on every target.\n" +
		"# It holds no secret. The bootstrap image makes this host a node.\n" +
		"set -u\n")
	for _, variable := range []struct{ name, value string }{
		{"IMAGE", in.BootstrapImage},
		{"BUNDLE", in.BundleURL},
		{"SUM", in.BundleSHA256},
		{"IMAGE_ARCHIVE", in.ImageArchive},
		{"BOOTSTRAP_ARCHIVE", in.BootstrapArchive},
		{"DEADLINE", fmt.Sprint(int(in.Deadline.Seconds()))},
	} {
		fmt.Fprintf(&script, "%s='%s'\n", variable.name, variable.value)
	}
	script.WriteString(firstBootBody)
	if script.Len() > FirstBootLimit {
		return "", fmt.Errorf("writing the first-boot script: it is %d bytes long, over the limit of %d; shorten the bundle's URL or the image's name", script.Len(), FirstBootLimit)
	}
	return script.String(), nil
}

// check names every value that cannot stand in the script.
func (in FirstBootInput) check() error {
	var problems []error
	for _, field := range []struct {
		name, value string
		form        *regexp.Regexp
	}{
		{"bootstrap image", in.BootstrapImage, imageForm},
		{"bundle URL", in.BundleURL, urlForm},
		{"bundle digest", in.BundleSHA256, digestForm},
		{"image archive", in.ImageArchive, pathForm},
		{"bootstrap archive", in.BootstrapArchive, pathForm},
	} {
		if !field.form.MatchString(field.value) {
			problems = append(problems, fmt.Errorf("the %s %q does not match %s", field.name, field.value, field.form))
		}
	}
	if in.Deadline < time.Second {
		problems = append(problems, fmt.Errorf("the deadline %s is below a second", in.Deadline))
	}
	return errors.Join(problems...)
}
