package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"path"
	"slices"
	"strings"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/vincent-petithory/dataurl"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Node is what phase 2 makes of a host of a role or pool.
type Node struct {
	Role string
	Pool string
	// Digest is of all that the host will hold, secrets included: two nodes
	// with one digest differ in nothing but what hosts make themselves.
	Digest string
	// Files is the tree on the host by path, without secrets.
	Files map[string][]byte
	// Index is all that is put on the host, in the order of paths.
	Index []Entry
	// Restarts are the units that restart where their digest is another one.
	Restarts []node.Restart
	// Facts are what the host was taken to be.
	Facts node.Facts
}

// Entry is one file, folder, link or unit on a host.
type Entry struct {
	Path string
	// Kind is file, folder or link.
	Kind string
	Mode int
	// Owner is user:group; Ignition writes as root where nobody else is named.
	Owner string
	// SHA256 is the content's; empty where part of it is not rendered.
	SHA256 string
	// Secret tells that part of the content is redacted.
	Secret bool
	// Link is what a link leads to.
	Link string
}

// Kinds of entries.
const (
	KindFile   = "file"
	KindFolder = "folder"
	KindLink   = "link"
)

// What shows a node beside its tree.
const (
	modesFile    = "MODES"
	ignitionFile = "ignition.json"
)

const (
	unitsFolder = "/etc/systemd/system"
	rootOwner   = "root:root"
	unitMode    = 0o644
)

// bootstrap renders what a bundle makes of a host: the node, and the files
// that show it: the Ignition config, the tree that it unpacks to, the facts of
// the host, and the first-boot script that starts it all.
func bootstrap(b bundle, facts node.Facts, given bool) (Node, map[string][]byte, error) {
	requests, err := node.Requests(b.Bundle, facts)
	if err != nil {
		return Node{}, nil, err
	}
	words, err := wordsFor(b)
	if err != nil {
		return Node{}, nil, err
	}
	leafs := node.Leafs{}
	for _, r := range requests {
		leafs[r.Name] = pki.Pair{Certificate: []byte(words.leaf(r) + "\n"), Key: []byte(leafKeyStandIn)}
	}
	ignition, err := node.Ignition(b.Bundle, facts, leafs)
	if err != nil {
		return Node{}, nil, err
	}
	made := Node{Role: b.Role, Pool: b.Pool, Facts: facts, Files: map[string][]byte{}}
	if made.Restarts, err = node.Restarts(ignition); err != nil {
		return Node{}, nil, err
	}
	if made.Digest, err = digestOf(ignition); err != nil {
		return Node{}, nil, err
	}
	if err := made.unpack(&ignition, words); err != nil {
		return Node{}, nil, err
	}
	files, err := made.shown(b, ignition, given)
	return made, files, err
}

// shown are the files that show a node.
func (n Node) shown(b bundle, ignition types.Config, given bool) (map[string][]byte, error) {
	files := map[string][]byte{modesFile: n.modes()}
	for name, content := range n.Files {
		files[path.Join("tree", name)] = content
	}
	switch {
	case strings.HasPrefix(b.userData, "#!"):
		files["first-boot.sh"] = []byte(b.userData)
	case b.userData != "":
		files["user-data"] = []byte(b.userData)
	}
	facts := "assumed-facts.json"
	if given {
		facts = "facts.json"
	}
	if err := addJSON(files, facts, n.Facts); err != nil {
		return nil, err
	}
	return files, addJSON(files, ignitionFile, ignition)
}

// addJSON writes a document that people read: < and > stay what they are.
func addJSON(files map[string][]byte, name string, value any) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	files[name] = out.Bytes()
	return nil
}

// digestOf is of a whole config, byte for byte what the host is given.
func digestOf(config types.Config) (string, error) {
	document, err := json.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("encoding the Ignition config: %w", err)
	}
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:]), nil
}

// unpack lists what an Ignition config puts on a host, and redacts both that
// and the config itself.
func (n *Node) unpack(config *types.Config, words words) error {
	for i := range config.Storage.Files {
		f := &config.Storage.Files[i]
		if f.Contents.Source == nil {
			continue
		}
		content, err := node.Content(*f)
		if err != nil {
			return err
		}
		entry := Entry{Path: f.Path, Kind: KindFile, Mode: *f.Mode, Owner: rootOwner}
		n.Files[f.Path] = n.add(entry, content, words)
		source := dataurl.EncodeBytes(n.Files[f.Path])
		f.Contents.Source = &source
	}
	for i := range config.Systemd.Units {
		unit := &config.Systemd.Units[i]
		if unit.Contents == nil {
			continue
		}
		name := path.Join(unitsFolder, unit.Name)
		n.Files[name] = n.add(Entry{Path: name, Kind: KindFile, Mode: unitMode, Owner: rootOwner}, []byte(*unit.Contents), words)
		shown := string(n.Files[name])
		unit.Contents = &shown
	}
	for _, folder := range config.Storage.Directories {
		n.Index = append(n.Index, Entry{Path: folder.Path, Kind: KindFolder, Mode: *folder.Mode, Owner: rootOwner})
	}
	for _, link := range config.Storage.Links {
		n.Index = append(n.Index, Entry{Path: link.Path, Kind: KindLink, Mode: 0o777, Owner: rootOwner, Link: *link.Target})
	}
	slices.SortFunc(n.Index, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// add lists a file, and is its content as it is shown.
func (n *Node) add(entry Entry, content []byte, words words) []byte {
	shown := words.redact(content)
	entry.Secret = bytes.Contains(shown, []byte(redactedLead))
	if bytes.Equal(shown, content) && !bytes.Contains(shown, []byte(laterLead)) {
		sum := sha256.Sum256(content)
		entry.SHA256 = hex.EncodeToString(sum[:])
	}
	n.Index = append(n.Index, entry)
	return shown
}

// modes is the index as a table. A folder of files cannot keep owners, nor
// modes for long.
func (n Node) modes() []byte {
	var out strings.Builder
	out.WriteString("# MODE OWNER KIND CONTENT PATH\n" +
		"# CONTENT is the SHA-256 of a file; 'secret' or 'later' where part of it is not here.\n")
	for _, e := range n.Index {
		content := e.SHA256
		switch {
		case e.Kind != KindFile:
			content = "-"
		case e.Secret:
			content = "secret"
		case e.SHA256 == "":
			content = "later"
		}
		fmt.Fprintf(&out, "%04o %s %-6s %s %s", e.Mode, e.Owner, e.Kind, content, e.Path)
		if e.Link != "" {
			out.WriteString(" -> " + e.Link)
		}
		out.WriteString("\n")
	}
	return []byte(out.String())
}

// names are all that a certificate is for.
func names(leaf pki.Leaf) string {
	all := slices.Clone(leaf.DNSNames)
	for _, address := range leaf.Addresses {
		all = append(all, net.IP(address).String())
	}
	return strings.Join(all, " ")
}
