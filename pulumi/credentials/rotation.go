package credentials

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Steps of replacing the authorities, in order, and the one that goes back.
// None is taken by itself: it is an input of the resource, for one run.
const (
	// Trust makes new authorities, which all hosts trust beside the old ones.
	Trust = "trust"
	// Reissue has the new authorities sign; the old ones are still trusted.
	Reissue = "reissue"
	// Drop forgets the old authorities.
	Drop = "drop"
	// Back undoes Trust or Reissue, whichever was the last.
	Back = "back"
)

// Stable is the stage in which there is one authority of each kind. The other
// stages are called after the step that leads to them: Trust and Reissue.
const Stable = ""

// Due is the step that comes next at a stage.
func Due(stage string) string {
	switch stage {
	case Trust:
		return Reissue
	case Reissue:
		return Drop
	}
	return Trust
}

// After is the stage that a step leads to, or an error that says which steps
// can be taken instead.
func After(stage, step string) (string, error) {
	switch {
	case step == Back && stage == Reissue:
		return Trust, nil
	case step == Back && stage == Trust, step == Drop && stage == Reissue:
		return Stable, nil
	case step == Trust && stage == Stable, step == Reissue && stage == Trust:
		return step, nil
	}
	or := ""
	if stage != Stable {
		or = fmt.Sprintf(", or %q to undo %q", Back, stage)
	}
	return "", fmt.Errorf("replacing the authorities: step %q does not follow %s; the next is %q%s", step, called(stage), Due(stage), or)
}

// called is a stage in words.
func called(stage string) string {
	if stage == Stable {
		return "a cluster whose authorities are not being replaced"
	}
	return fmt.Sprintf("step %q", stage)
}

// authorities are those that are replaced together.
type authorities struct {
	CA           node.Authority `json:"ca"`
	EtcdCA       node.Authority `json:"etcdCA"`
	FrontProxyCA node.Authority `json:"frontProxyCA"`
}

// kept is what the resource's state holds: the credentials as hosts get them,
// and what it takes to go on or back.
type kept struct {
	node.Credentials
	stage string
	// last is the step that led here; empty where none was ever taken.
	last string
	// other are the authorities that do not sign: the new ones at Trust, the
	// old ones at Reissue, none at Stable.
	other authorities
}

// take takes a step. The service account key, the encryption key and the
// bootstrap token stay what they are: they are no authorities.
func (k kept) take(step, cluster string, now time.Time, random io.Reader) (kept, error) {
	stage, err := After(k.stage, step)
	if err != nil {
		return kept{}, err
	}
	own := k.signing()
	switch {
	case step == Trust:
		if k.other, err = own.successors(cluster, now, random); err != nil {
			return kept{}, err
		}
	case stage != Stable: // Reissue, or back from it
		own, k.other = k.other, own
	case step == Drop, step == Back:
		k.other = authorities{}
	}
	k.stage, k.last = stage, step
	k.CA = joined(own.CA, k.other.CA)
	k.EtcdCA = joined(own.EtcdCA, k.other.EtcdCA)
	k.FrontProxyCA = joined(own.FrontProxyCA, k.other.FrontProxyCA)
	return k, nil
}

// signing are the authorities that sign, without those only trusted.
func (k kept) signing() authorities {
	alone := func(a node.Authority) node.Authority { return node.Authority{Certificate: a.Signing(), Key: a.Key} }
	return authorities{CA: alone(k.CA), EtcdCA: alone(k.EtcdCA), FrontProxyCA: alone(k.FrontProxyCA)}
}

// joined signs as one authority and trusts the other too.
func joined(signing, other node.Authority) node.Authority {
	return node.Authority{Certificate: signing.Certificate + other.Certificate, Key: signing.Key}
}

// successors are new authorities, each named after the one it will replace.
func (a authorities) successors(cluster string, now time.Time, random io.Reader) (authorities, error) {
	var made authorities
	for _, one := range []struct {
		old  node.Authority
		into *node.Authority
	}{{a.CA, &made.CA}, {a.EtcdCA, &made.EtcdCA}, {a.FrontProxyCA, &made.FrontProxyCA}} {
		certificate, err := pki.ParseCertificate([]byte(one.old.Certificate))
		if err != nil {
			return authorities{}, fmt.Errorf("reading the authorities of cluster %q: %w", cluster, err)
		}
		if *one.into, err = node.NewAuthority(cluster, successor(certificate.Subject.CommonName), now, random); err != nil {
			return authorities{}, err
		}
	}
	return made, nil
}

// numbered ends the names of all authorities but a cluster's first.
var numbered = regexp.MustCompile(`^(.*)-([0-9]{1,6})$`)

// successor numbers the authorities of a cluster: kubernetes-ca,
// kubernetes-ca-2, … With one name for two of them, clients that look for a
// signer by its name might try the wrong one only.
func successor(name string) string {
	if parts := numbered.FindStringSubmatch(name); parts != nil {
		if n, err := strconv.Atoi(parts[2]); err == nil {
			return fmt.Sprintf("%s-%d", parts[1], n+1)
		}
	}
	return name + "-2"
}

// encode writes the other authorities for the state; nothing where there are
// none.
func (a authorities) encode() (string, error) {
	if a == (authorities{}) {
		return "", nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("writing the authorities: %w", err)
	}
	return string(text), nil
}

func decodeAuthorities(text string) (authorities, error) {
	var a authorities
	if text == "" {
		return a, nil
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return a, fmt.Errorf("reading the authorities that do not sign from the state: %w", err)
	}
	return a, nil
}
