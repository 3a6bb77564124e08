package target

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/coreos/ignition/v2/config/util"
	"github.com/coreos/ignition/v2/config/v3_3/types"
	"github.com/vincent-petithory/dataurl"
)

// UserDataLimit is how long user-data may be, in bytes before any encoding:
// 16 KB on AWS, the least of the clouds (Azure: 64 KB of base64; Google Cloud:
// 256 KB a value).
const UserDataLimit = 16384

// Where the first-boot script is on a host of a cloud, and the unit that runs
// it. The stamp tells that it has succeeded.
const (
	bootUnitName   = "kubernetes-anywhere-first-boot.service"
	bootScriptPath = "/var/lib/kubernetes-anywhere/first-boot.sh"
	bootStampPath  = "/var/lib/kubernetes-anywhere/first-boot-done-"
)

// bootUnit runs the script until it has succeeded once: a host that is stopped
// halfway goes on when it comes up again, and a node that restarts a day later
// does not apply a bundle once more, which would open its cluster to new nodes
// again. A script with other words has another stamp.
//
//go:embed firstboot.service
var bootUnit string

// installScript is what runs on every boot of a host that has an agent for
// start-up scripts.
//
//go:embed userdata.sh
var installScript string

// CloudConfig is the user-data of hosts with cloud-init, Debian and Ubuntu:
// the script and the unit that runs it.
func CloudConfig(script string) (string, error) {
	unit, err := unitFor(script)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("#cloud-config\nwrite_files:\n")
	for _, file := range []struct{ path, mode, content string }{
		{bootScriptPath, "0700", script},
		{"/etc/systemd/system/" + bootUnitName, "0644", unit},
	} {
		fmt.Fprintf(&out, "  - path: %s\n    permissions: '%s'\n    content: |\n%s", file.path, file.mode, indent(file.content, "      "))
	}
	out.WriteString("runcmd:\n" +
		"  - [systemctl, daemon-reload]\n" +
		"  - [systemctl, enable, " + bootUnitName + "]\n" +
		"  - [systemctl, start, --no-block, " + bootUnitName + "]\n")
	return limited(out.String())
}

// StartupScript is the user-data of hosts whose agent runs a script on every
// boot, as Google's does: it installs the script and its unit, and starts what
// has not yet succeeded.
func StartupScript(script string) (string, error) {
	unit, err := unitFor(script)
	if err != nil {
		return "", err
	}
	const scriptEnd, unitEnd = "FIRST-BOOT-SCRIPT", "FIRST-BOOT-UNIT"
	if strings.Contains(script, "\n"+scriptEnd+"\n") {
		return "", fmt.Errorf("writing user-data: the first-boot script has the line %q, which ends it; reword it", scriptEnd)
	}
	return limited(strings.NewReplacer(
		"@FOLDER@", path.Dir(bootScriptPath), "@SCRIPT_PATH@", bootScriptPath, "@UNIT@", bootUnitName,
		"@SCRIPT_TEXT@\n", "<<'"+scriptEnd+"'\n"+script+scriptEnd+"\n",
		"@UNIT_TEXT@\n", "<<'"+unitEnd+"'\n"+unit+unitEnd+"\n",
	).Replace(installScript))
}

// FlatcarConfig is the user-data of Flatcar hosts: an Ignition config with the
// script and the unit. Version 3.3.0 of its specification is what every Flatcar
// since 3185 (stable: August 2022) reads.
func FlatcarConfig(script string) (string, error) {
	unit, err := unitFor(script)
	if err != nil {
		return "", err
	}
	config := types.Config{
		Ignition: types.Ignition{Version: types.MaxVersion.String()},
		Storage: types.Storage{Files: []types.File{{
			Node: types.Node{Path: bootScriptPath, Overwrite: util.BoolToPtr(true)},
			FileEmbedded1: types.FileEmbedded1{
				Mode:     util.IntToPtr(0o700),
				Contents: types.Resource{Source: util.StrToPtr(dataurl.EncodeBytes([]byte(script)))},
			},
		}}},
		Systemd: types.Systemd{Units: []types.Unit{{
			Name: bootUnitName, Enabled: util.BoolToPtr(true), Contents: util.StrToPtr(unit),
		}}},
	}
	out, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the Ignition config of the first boot: %w", err)
	}
	return limited(string(out) + "\n")
}

// unitFor is the unit that runs this very script.
func unitFor(script string) (string, error) {
	switch {
	case len(script) > FirstBootLimit:
		return "", fmt.Errorf("writing user-data: the first-boot script is %d bytes long, over the limit of %d", len(script), FirstBootLimit)
	case !strings.HasPrefix(script, "#!/bin/sh\n") || !strings.HasSuffix(script, "\n"):
		return "", fmt.Errorf("writing user-data: the first-boot script does not begin with #!/bin/sh and end with a new line; make it with FirstBoot")
	}
	sum := sha256.Sum256([]byte(script))
	return strings.NewReplacer(
		"@SCRIPT@", bootScriptPath, "@STAMP@", bootStampPath+hex.EncodeToString(sum[:8]),
	).Replace(bootUnit), nil
}

// limited refuses what not every cloud would take.
func limited(userData string) (string, error) {
	if len(userData) > UserDataLimit {
		return "", fmt.Errorf("writing user-data: it is %d bytes long, over the limit of %d; shorten the bundle's URL or the image's name", len(userData), UserDataLimit)
	}
	return userData, nil
}

// indent puts a text into a block of YAML; empty lines stay empty.
func indent(text, by string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			out.WriteString(by)
		}
		out.WriteString(line)
	}
	return out.String()
}
