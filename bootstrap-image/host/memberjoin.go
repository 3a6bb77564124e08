package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Etcd reaches members of etcd.
type Etcd interface {
	// Ask asks the member at an address whom it knows; it answers without a
	// quorum, and decides nothing.
	Ask(ctx context.Context, identity etcd.Identity, address string) ([]etcd.Member, error)
	// Dial is a client of the cluster that has members at some addresses.
	Dial(identity etcd.Identity, addresses ...string) (EtcdCluster, error)
}

// EtcdCluster changes who is a member; each call needs a quorum.
type EtcdCluster interface {
	Members(ctx context.Context) ([]etcd.Member, error)
	AddLearner(ctx context.Context, peerURL string) error
	Promote(ctx context.Context, id uint64) error
	Remove(ctx context.Context, id uint64) error
	Close()
}

// RealEtcd reaches members at the ports that package node gives them.
type RealEtcd struct{}

var _ Etcd = RealEtcd{}

// Ask implements Etcd.
func (RealEtcd) Ask(ctx context.Context, identity etcd.Identity, address string) ([]etcd.Member, error) {
	return etcd.AskPeer(ctx, identity, node.EtcdPeerURL(address))
}

// Dial implements Etcd.
func (RealEtcd) Dial(identity etcd.Identity, addresses ...string) (EtcdCluster, error) {
	var urls []string
	for _, address := range addresses {
		urls = append(urls, node.EtcdClientURL(address))
	}
	client, err := etcd.Dial(identity, urls...)
	if err != nil {
		return nil, err
	}
	return client, nil
}

// joinEtcd makes this host a learner of the cluster that the others form.
// Killed anywhere and run again, it goes on with what it finds.
func (r *run) joinEtcd(ctx context.Context, others []node.Member) (node.EtcdStart, error) {
	r.report.say("  etcd: a cluster runs on %s", names(others))
	cluster, err := r.Etcd.Dial(r.etcdIdentity(), addresses(others)...)
	if err != nil {
		return node.EtcdStart{}, err
	}
	defer cluster.Close()
	var start node.EtcdStart
	var refused error
	err = r.until(ctx, wait{
		what: "etcd to take this host in as a member", reasons: true, pause: 5 * r.Pause,
		ready: func(ctx context.Context) (err error) {
			start, err = r.takenIn(ctx, cluster)
			if errors.Is(err, errNamesake) {
				refused = err
				return nil
			}
			return err
		},
		tail: func(context.Context) []string { return nil },
		next: "'bootstrap etcd status' on another control plane; a cluster that has lost most of its members is brought back from a snapshot by 'etcd restore'",
	})
	return start, errors.Join(err, refused)
}

// errNamesake is a live member that has this host's name.
var errNamesake = errors.New("that host is alive, and no two may have one name: give this one another, or run 'reset' on that one first")

// mostSteps is how many changes of the members it can take: to remove one of
// this name, one of this address, and to add.
const mostSteps = 4

// takenIn brings the members to where this host is listed and has not started.
func (r *run) takenIn(ctx context.Context, cluster EtcdCluster) (node.EtcdStart, error) {
	for range mostSteps {
		members, err := cluster.Members(ctx)
		if err != nil {
			return node.EtcdStart{}, err
		}
		if slices.ContainsFunc(members, func(m etcd.Member) bool { return m.Address() == r.self.Address && m.Name == "" }) {
			return r.existing(members), nil
		}
		former := slices.IndexFunc(members, func(m etcd.Member) bool { return m.Address() == r.self.Address || m.Name == r.self.Name })
		if former >= 0 {
			err = r.removeFormer(ctx, cluster, members[former])
		} else {
			r.report.say("  etcd: adding this host as a learner")
			err = cluster.AddLearner(ctx, node.EtcdPeerURL(r.self.Address))
		}
		if err != nil {
			return node.EtcdStart{}, waitingFor(members, err)
		}
	}
	return node.EtcdStart{}, errors.New("its members change all the time")
}

// removeFormer removes a member that had this host's name or address: this
// host has no data, so that one is lost, unless it lives somewhere else.
func (r *run) removeFormer(ctx context.Context, cluster EtcdCluster, former etcd.Member) error {
	if former.Address() != r.self.Address {
		if _, err := r.Etcd.Ask(ctx, r.etcdIdentity(), former.Address()); err == nil {
			return fmt.Errorf("replacing the member %q at %s: %w", former.Name, former.Address(), errNamesake)
		}
	}
	r.report.say("  etcd: removing the member %q at %s, whose data is gone", former.Name, former.Address())
	return cluster.Remove(ctx, former.ID)
}

// waitingFor names the member that a join has to wait for.
func waitingFor(members []etcd.Member, err error) error {
	if !errors.Is(err, etcd.ErrLearnerBefore) {
		return err
	}
	for _, m := range members {
		if m.Learner {
			return fmt.Errorf("%w (%s): if that host does not come up by itself, run the same command on it again", err, m.Address())
		}
	}
	return err
}

// existing is the start of a member of a cluster that runs. etcd compares
// addresses only, so a member that has not started may have any name.
func (r *run) existing(members []etcd.Member) node.EtcdStart {
	start := node.EtcdStart{State: existingCluster}
	for _, m := range members {
		name := m.Name
		if m.Address() == r.self.Address {
			name = r.self.Name
		}
		for _, known := range r.bundle.ControlPlanes {
			if name == "" && known.Address == m.Address() {
				name = known.Name
			}
		}
		if name == "" {
			name = fmt.Sprintf("%x", m.ID)
		}
		start.Members = append(start.Members, node.Member{Name: name, Address: m.Address()})
	}
	return start
}

// errRemoved is a member that the others have taken out.
var errRemoved = fmt.Errorf("the others have removed it: if this host is to be a member again, run 'mv %[1]s/member %[1]s/member.old' and 'bootstrap renew' on it", node.EtcdData)

// promoteEtcd lets a member that has caught up vote. A learner is not ready
// until then, and refuses most requests, so the others are asked.
func (r *run) promoteEtcd(ctx context.Context) error {
	if !r.isControlPlane() || r.Etcd == nil {
		return nil
	}
	others := addresses(r.otherMembers(r.facts.Etcd.Members...))
	if len(others) == 0 {
		return nil
	}
	cluster, err := r.Etcd.Dial(r.etcdIdentity(), others...)
	if err != nil {
		return err
	}
	defer cluster.Close()
	var refused error
	err = r.until(ctx, wait{
		what: "etcd to give this member its vote", reasons: true, pause: 2 * r.Pause,
		ready: func(ctx context.Context) error {
			err := r.promoted(ctx, cluster)
			if errors.Is(err, errRemoved) {
				refused = err
				return nil
			}
			return err
		},
		tail: func(ctx context.Context) []string { return r.podLog(ctx, "etcd") },
		next: fmt.Sprintf("%s, and journalctl -u %s", r.podLogs("etcd"), node.KubeletUnit),
	})
	return errors.Join(err, refused)
}

// promoted is nil when this host's member has its vote. The others know best:
// a learner that replays the log says for a moment that it is ready. Where none
// of them answers, there is a quorum only if this member says so.
//
// A founder, as far as its record tells, is asked first: it waits for others
// that do not answer yet either. It may be a learner all the same, where the
// record was lost with the machine, and the data on its own disk was not.
func (r *run) promoted(ctx context.Context, cluster EtcdCluster) error {
	if r.facts.Etcd.State == newCluster && r.etcdReady(ctx) {
		return nil
	}
	members, err := cluster.Members(ctx)
	if err != nil && r.etcdReady(ctx) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, m := range members {
		switch {
		case m.Address() != r.self.Address:
		case !m.Started():
			return errors.New("it has not started yet")
		case m.Learner:
			if err := cluster.Promote(ctx, m.ID); err != nil {
				return err
			}
			r.report.say("  etcd: this member has its vote")
			return nil
		default:
			return nil
		}
	}
	return fmt.Errorf("looking for the member of this host: %w", errRemoved)
}

// etcdReady tells whether this host's member says that it serves.
func (r *run) etcdReady(ctx context.Context) bool {
	for _, component := range node.EtcdHealth() {
		if r.Prober.Healthy(ctx, component.URL, nil) != nil {
			return false
		}
	}
	return true
}
