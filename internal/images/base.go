package images

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// baseSuite is the Debian release of the base layer.
const baseSuite = "trixie"

// basePackages is what kubelet, kube-proxy, flannel and the bootstrap call on
// a host's behalf. Their libraries come with them.
func basePackages() []string {
	return []string{
		"base-files", "netbase", "ca-certificates", "coreutils", "dash", "util-linux", "mount",
		"iptables", "ipset", "nftables", "conntrack", "kmod",
	}
}

// unwanted are the paths of those packages that no program here reads.
func unwanted(at string) bool {
	for _, prefix := range []string{
		"dev", "etc/apt", "etc/iproute2", "usr/bin/openssl", "usr/bin/perl", "usr/share/bash-completion", "usr/share/bug",
		"usr/share/debconf", "usr/share/info", "usr/share/lintian", "usr/share/locale", "usr/share/man",
		"usr/share/perl5", "usr/share/zsh", "var/cache", "var/lib/apt", "var/lib/dpkg", "var/log", "proc", "sys",
	} {
		if at == prefix || strings.HasPrefix(at, prefix+"/") {
			return true
		}
	}
	// Licences stay: they are what a copy of the packages must come with.
	if strings.HasPrefix(at, "usr/share/doc/") && strings.Count(at, "/") > 3 {
		return path.Base(at) != "copyright"
	}
	// Character sets other than UTF-8.
	return strings.Contains(at, "/gconv/")
}

// unpackBase returns the folder of the base layer's content, and whether it was
// there already. Packages are unpacked, not installed: no script of theirs
// runs, so what scripts would have made is added by baseTree.
func (c *compiler) unpackBase(ctx context.Context) (dir string, cached bool, err error) {
	packages := strings.Join(basePackages(), ",")
	cached = true
	dir, err = keep(c.cache, c.named("base"), newKey("2", baseSuite, c.arch, packages).String(), func(stage string) error {
		cached = false
		if err := c.unpack(ctx, stage, packages); err != nil {
			return fmt.Errorf("making the base layer from Debian packages: %w", err)
		}
		return trim(filepath.Join(stage, "root"))
	})
	return filepath.Join(dir, "root"), cached, err
}

// unpack lays the files of packages, and of those that they depend on, into
// the folder root of stage. Nothing of theirs runs, so that they may be another
// architecture's.
func (c *compiler) unpack(ctx context.Context, stage, packages string) error {
	keyring, err := debianKeyring()
	if err != nil {
		return err
	}
	return c.run(ctx, stage, false, "mmdebstrap", "--mode=root", "--variant=extract", "--architectures="+c.arch,
		"--keyring="+keyring, "--include="+packages, baseSuite, filepath.Join(stage, "root"))
}

// debianKeyring finds the keys that sign Debian's package lists.
func debianKeyring() (string, error) {
	if os.Geteuid() != 0 {
		return "", fmt.Errorf("unpacking Debian packages: this needs root; run the command with sudo")
	}
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		return "", fmt.Errorf("unpacking Debian packages: %w; type: make setup", err)
	}
	for _, keyring := range []string{"/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"} {
		if _, err := os.Stat(keyring); err == nil {
			return keyring, nil
		}
	}
	return "", fmt.Errorf("unpacking Debian packages: Debian's keys are not here; type: apt-get install debian-archive-keyring")
}

// trim removes what the layer leaves out, so that it takes no disk either.
func trim(root string) error {
	var gone []string
	err := tree{}.folder(root, func(at string) bool {
		if unwanted(at) {
			gone = append(gone, at)
		}
		return unwanted(at)
	})
	for _, at := range gone {
		if err := os.RemoveAll(filepath.Join(root, at)); err != nil {
			return err
		}
	}
	return err
}

// certificates is where programs look for the authorities they trust.
const certificates = "etc/ssl/certs/ca-certificates.crt"

// baseTree is the content of the base layer.
func baseTree(root string) (tree, error) {
	t := tree{}
	if err := t.folder(root, unwanted); err != nil {
		return nil, fmt.Errorf("reading the base layer: %w", err)
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		t.links("usr/"+name, name)
	}
	if err := accounts(t, root); err != nil {
		return nil, err
	}
	// What update-alternatives would do: iptables speaks to nf_tables.
	for _, name := range []string{"iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"} {
		t.links("xtables-nft-multi", "usr/sbin/"+name)
	}
	return t, nil
}

// staticTree is what a static program may look for.
func staticTree(root string) (tree, error) {
	t := tree{}
	return t, accounts(t, root)
}

// Users and groups of every image that has any.
const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n"
	group  = "root:x:0:\nnonroot:x:65532:\nnogroup:x:65534:\n"
)

// accounts adds users, groups, name lookup, trust and the folder for temporary
// files.
func accounts(t tree, root string) error {
	trusted, err := concatenated(filepath.Join(root, "usr/share/ca-certificates/mozilla"), ".crt")
	if err != nil {
		return fmt.Errorf("reading the certificates of the base layer: %w", err)
	}
	t.text(certificates, string(trusted))
	t.text("etc/passwd", passwd)
	t.text("etc/group", group)
	t.text("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
	t["tmp"] = entry{mode: os.ModeDir | os.ModeSticky | 0o777}
	t["root"] = entry{mode: os.ModeDir | 0o700}
	return nil
}

// concatenated is the content of every file in dir with the suffix, in the
// order of their names.
func concatenated(dir, suffix string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	return all, nil
}
