package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// etcdPath is where a control plane keeps how its etcd began.
const etcdPath = stateFolder + "/etcd.json"

// etcd's own words for --initial-cluster-state.
const (
	newCluster      = "new"
	existingCluster = "existing"
)

// etcdRecord is what is kept.
type etcdRecord struct {
	node.EtcdStart
	// Began tells that the member has run: a host that had data, and has none
	// any more, has lost it.
	Began bool `json:"began,omitempty"`
	// Known are the members when it was last well. A bundle knows only those
	// that were there when it was made.
	Known []node.Member `json:"known,omitempty"`
}

// enterEtcd decides how this host's member of etcd begins. A host with data
// has begun; one without asks the other control planes whether there is a
// cluster to join. docs/adr/0009 says why no host can found one by mistake.
func (r *run) enterEtcd(ctx context.Context) error {
	if !r.isControlPlane() {
		return nil
	}
	hasData, err := r.hasEtcdData(ctx)
	if err != nil {
		return err
	}
	record := r.keptEtcd()
	switch {
	case !hasData:
		record.EtcdStart, err = r.beginEtcd(ctx, record)
		record.Began = false
	case record.State == "":
		record.EtcdStart = r.newEtcd()
	}
	if err != nil {
		return err
	}
	r.facts.Etcd = record.EtcdStart
	return r.keepEtcd(record)
}

// keepEtcdBegun notes that there is data, and whom its member knows, as soon
// as etcd is well.
func (r *run) keepEtcdBegun(ctx context.Context) error {
	record := r.keptEtcd()
	if !r.isControlPlane() || !r.seesEtcdData() || record.State == "" {
		return nil
	}
	record.Began = true
	if r.Etcd != nil {
		if known, err := r.Etcd.Ask(ctx, r.etcdIdentity(), r.self.Address); err == nil {
			record.Known = r.existing(known).Members
		}
	}
	return r.keepEtcd(record)
}

// otherMembers are those of the bundle and those that are known otherwise.
func (r *run) otherMembers(more ...node.Member) []node.Member {
	var others []node.Member
	for _, m := range append(plainMembers(r.bundle.ControlPlanes), more...) {
		known := slices.ContainsFunc(others, func(o node.Member) bool { return o.Address == m.Address })
		if m.Address != r.self.Address && !known {
			others = append(others, m)
		}
	}
	return others
}

func (r *run) keepEtcd(record etcdRecord) error {
	if record.State == "" {
		return nil
	}
	content, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encoding how etcd began: %w", err)
	}
	if kept, err := r.root.read(etcdPath); err == nil && bytes.Equal(kept, content) {
		return nil
	}
	return r.root.write(etcdPath, 0o644, content)
}

// newEtcd is the start of a cluster whose members are all listed in the bundle.
func (r *run) newEtcd() node.EtcdStart {
	return node.EtcdStart{State: newCluster, Members: plainMembers(r.bundle.ControlPlanes)}
}

// plainMembers are names and addresses only.
func plainMembers(members []node.Member) []node.Member {
	var out []node.Member
	for _, m := range members {
		out = append(out, node.Member{Name: m.Name, Address: m.Address})
	}
	return out
}

// keptEtcd is how this host's etcd began; what cannot be read is as good as
// missing.
func (r *run) keptEtcd() etcdRecord {
	var record etcdRecord
	content, err := r.root.read(etcdPath)
	if err != nil || json.Unmarshal(content, &record) != nil || len(record.Members) == 0 {
		return etcdRecord{}
	}
	return record
}

// hasEtcdData tells whether etcd has ever started here. Where its disk is not
// mounted yet, one with this member's file system counts as data: it is made
// right before etcd first starts.
func (r *run) hasEtcdData(ctx context.Context) (bool, error) {
	switch {
	case r.seesEtcdData():
		return true, nil
	case r.self.EtcdDevice == "" || r.isMounted(node.EtcdData):
		return false, nil
	}
	if err := r.awaitEtcdDisk(ctx); err != nil {
		return false, err
	}
	found, err := r.signatures(ctx, r.self.EtcdDevice)
	if err != nil {
		return false, err
	}
	return found["UUID"] == node.EtcdDiskID(r.bundle, r.self.Name), nil
}

// seesEtcdData looks for the log of changes, which etcd makes in one step and
// before anything else.
func (r *run) seesEtcdData() bool {
	logs, err := r.root.glob(node.EtcdData + "/member/wal/*.wal")
	return err == nil && len(logs) > 0
}

// isMounted tells whether something is mounted on a folder of the host.
func (r *run) isMounted(folder string) bool {
	mounts, _ := r.root.read("/proc/1/mounts")
	return bytes.Contains(mounts, []byte(" "+folder+" "))
}

// errLost is a member whose data is gone with nobody left to join.
var errLost = fmt.Errorf("this host had etcd's data in %s, which is gone, and no other member answers: bring another control plane up first, "+
	"or bring the data back with 'etcd restore'; only if the cluster is to begin with nothing, remove %s", node.EtcdData, etcdPath)

// beginEtcd is the start of a member that has no data. One that had data must
// not vote as if it had never done so.
func (r *run) beginEtcd(ctx context.Context, record etcdRecord) (node.EtcdStart, error) {
	others := r.otherMembers(record.Known...)
	if len(others) > 0 && r.Etcd == nil {
		return node.EtcdStart{}, errors.New("asking the other members of etcd: this program cannot")
	}
	answers := r.askOthers(ctx, others)
	if err := ctx.Err(); err != nil {
		return node.EtcdStart{}, err
	}
	switch {
	case slices.ContainsFunc(answers, func(known []etcd.Member) bool { return !r.isExpected(known) }):
		return r.joinEtcd(ctx, others)
	case record.Began:
		return node.EtcdStart{}, errLost
	case len(others) > 0 && r.bundle.Standalone:
		// Who joins a cluster that runs founds none: it would wait for good.
		return node.EtcdStart{}, fmt.Errorf("asking the other members of etcd, %s: none answers on ports 2379 and 2380; open these between the control planes, then run the same command again", names(others))
	case len(others) > 0:
		r.report.say("  etcd: this host is one of %d founding members", len(others)+1)
	}
	return r.newEtcd(), nil
}

// askOthers asks all other members whom they know, at once; those that do not
// answer are left out.
func (r *run) askOthers(ctx context.Context, others []node.Member) [][]etcd.Member {
	answers := make([][]etcd.Member, len(others))
	var asked sync.WaitGroup
	for i, other := range others {
		asked.Go(func() {
			if known, err := r.Etcd.Ask(ctx, r.etcdIdentity(), other.Address); err == nil {
				answers[i] = known
			}
		})
	}
	asked.Wait()
	return slices.DeleteFunc(answers, func(known []etcd.Member) bool { return len(known) == 0 })
}

// isExpected tells whether a cluster is the one of the bundle and waits for
// this host as one of its founders: it lists the host, and has never seen it.
func (r *run) isExpected(known []etcd.Member) bool {
	if len(known) != len(r.bundle.ControlPlanes) {
		return false
	}
	for _, member := range r.bundle.ControlPlanes {
		i := slices.IndexFunc(known, func(m etcd.Member) bool { return m.Address() == member.Address })
		if i < 0 || known[i].Name != member.Name && known[i].Name != "" {
			return false
		}
		if member.Address == r.self.Address && (known[i].Started() || known[i].Name == "") {
			return false
		}
	}
	return true
}

// etcdIdentity is a client of etcd; the API server's own, as it names no
// address that a peer could be compared with.
func (r *run) etcdIdentity() etcd.Identity {
	pair := r.leafs["apiserver-etcd-client"]
	return etcd.Identity{Certificate: pair.Certificate, Key: pair.Key, Authority: []byte(r.bundle.Credentials.EtcdCA.Certificate)}
}

// addresses are those of some members.
func addresses(members []node.Member) []string {
	var out []string
	for _, m := range members {
		out = append(out, m.Address)
	}
	return out
}

// names are members for people.
func names(members []node.Member) string {
	var out []string
	for _, m := range members {
		out = append(out, fmt.Sprintf("%s (%s)", m.Name, m.Address))
	}
	return strings.Join(out, ", ")
}
