package kube

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	// lockPatience is how long another program may hold the lock: kubectl
	// itself holds it for milliseconds, and gives up at once where it is held.
	lockPatience = 5 * time.Second
	// lockPace is how often the lock is tried.
	lockPace = 50 * time.Millisecond
)

// edit changes the user's kubeconfig under client-go's own lock. change is
// given what the files say while the lock is held, and changes that; it tells
// whether the current context becomes the given one. What another program
// wrote just before is thereby kept, which a config that was read before the
// lock would take out again.
func edit(to clientcmd.ConfigAccess, current string, change func(*clientcmdapi.Config) (bool, error)) error {
	for end := time.Now().Add(lockPatience); ; time.Sleep(lockPace) {
		wanted := clientcmdapi.NewConfig()
		wanted.CurrentContext = current
		e := &editor{ConfigAccess: to, wanted: wanted, change: change}
		err := clientcmd.ModifyConfig(e, *wanted, true)
		switch {
		case e.refused != nil:
			return e.refused
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrExist):
			return err
		case time.Now().After(end):
			return fmt.Errorf("%w: another program is writing there; where none is, remove that file and try again", err)
		}
	}
}

// editor makes the wanted config when ModifyConfig, which holds the lock by
// then, first asks for the one there is.
type editor struct {
	clientcmd.ConfigAccess
	wanted  *clientcmdapi.Config
	change  func(*clientcmdapi.Config) (bool, error)
	changed bool
	// keeps has the current context left alone: it is said to be the wanted
	// one, for ModifyConfig writes what differs.
	keeps   bool
	refused error
}

// GetStartingConfig is what the files say.
func (e *editor) GetStartingConfig() (*clientcmdapi.Config, error) {
	found, err := e.ConfigAccess.GetStartingConfig()
	if err != nil {
		e.refused = unreadable(e.ConfigAccess, err)
		return nil, err
	}
	if !e.changed {
		e.changed = true
		next := found.DeepCopy()
		switches, err := e.change(next)
		if err != nil {
			e.refused = err
			return nil, err
		}
		// The maps are the ones that ModifyConfig was given.
		maps.Copy(e.wanted.Clusters, next.Clusters)
		maps.Copy(e.wanted.AuthInfos, next.AuthInfos)
		maps.Copy(e.wanted.Contexts, next.Contexts)
		e.keeps = !switches
	}
	if e.keeps {
		found.CurrentContext = e.wanted.CurrentContext
	}
	found.Preferences = e.wanted.Preferences // which nobody here changes
	return found, nil
}
