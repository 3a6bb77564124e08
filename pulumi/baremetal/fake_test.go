package baremetal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// world is hosts in memory, by address.
type world struct {
	mu    sync.Mutex
	hosts map[string]*fakeHost
	heard []string
	// busy is how many workers run their bootstrap now, and most the largest
	// number there ever was.
	busy, most int
}

// fakeHost knows the scripts of this package and does what they do.
type fakeHost struct {
	world   *world
	address string
	// silent hosts do not answer; refusal is why another turns us away.
	silent  bool
	refusal error

	machine, os string
	has         []string
	noDaemon    bool
	mark        string
	image       bool
	loaded      string
	// archive and part are the images that are there and on their way.
	archive, part string
	sum, partSum  string
	status        string
	kubelet       bool
	did           []string
	bundles       []string
	say           string
	code          int
	failInstall   bool
	breakUploadAt int
	during        func()
}

func newWorld(addresses ...string) *world {
	w := &world{hosts: map[string]*fakeHost{}}
	for _, address := range addresses {
		w.hosts[address] = &fakeHost{world: w, address: address, machine: "x86_64", os: "debian 13", has: []string{"docker", "apt-get", "systemctl"}}
	}
	return w
}

func (w *world) target() *Target {
	t := New(withConnector(w.connect))
	t.Narrate(func(host, line string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.heard = append(w.heard, host+": "+line)
	})
	return t
}

// made are the addresses of the hosts whose bootstrap went well.
func (w *world) made() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var made []string
	for address, h := range w.hosts {
		if h.kubelet {
			made = append(made, address)
		}
	}
	slices.Sort(made)
	return made
}

// runs counts the bootstraps of all hosts since the last call.
func (w *world) runs() (ran []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for address, h := range w.hosts {
		for _, did := range h.did {
			if strings.HasPrefix(did, "run ") {
				ran = append(ran, address)
			}
		}
		h.did = nil
	}
	slices.Sort(ran)
	return ran
}

func (w *world) connect(_ context.Context, r reach) (shell, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hosts[r.Address]
	switch {
	case h == nil || h.silent:
		return nil, &unreachable{r, errors.New("no answer within 10s")}
	case h.refusal != nil:
		return nil, h.refusal
	}
	return h, nil
}

func (h *fakeHost) Close() error { return nil }

func (h *fakeHost) Run(ctx context.Context, c target.Command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(c.Args) < 3 || c.Args[0] != "sh" {
		return fmt.Errorf("the fake host knows no %q", c.Args)
	}
	args := append([]string{""}, c.Args[min(4, len(c.Args)):]...) // args[1] is $1
	if c.Args[2] == runScript {
		return h.exit(c, h.runImage(args[1:], c))
	}
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	return h.exit(c, h.script(c.Args[2], args, c))
}

func (*fakeHost) exit(c target.Command, code int) error {
	if code != 0 {
		return &target.ExitError{Args: c.Args, Code: code}
	}
	return nil
}

func (h *fakeHost) script(text string, args []string, c target.Command) int {
	put := func(format string, args ...any) { _, _ = fmt.Fprintf(c.Stdout, format+"\n", args...) }
	switch text {
	case lookScript:
		put("uid 0\narch %s\nos %s\nroom 99999999", h.machine, h.os)
		for _, program := range h.has {
			put("has %s", program)
		}
		if slices.Contains(h.has, docker) && !h.noDaemon {
			put("answers docker")
		}
		if h.mark != "" {
			put("mark %s", h.mark)
		}
		if h.loaded != "" {
			put("loaded %s", h.loaded)
		}
	case installScript:
		h.did = append(h.did, "install")
		if h.failInstall {
			_, _ = fmt.Fprintln(c.Stderr, "E: no network")
			return 100
		}
		h.has = append(h.has, docker)
	case startScript:
		h.did, h.noDaemon = append(h.did, "start"), false
	case markScript:
		h.mark = args[1]
	case hasImageScript:
		return map[bool]int{true: 0, false: 1}[h.image]
	case loadScript:
		data, _ := io.ReadAll(c.Stdin)
		h.did = append(h.did, fmt.Sprintf("load %d", len(data)))
		h.image, h.loaded = true, args[2]
	case loadHereScript:
		h.did = append(h.did, "load here")
		h.image, h.loaded = true, args[2]
	case archiveScript, appendScript, finishScript:
		return h.upload(text, args, c)
	case forgetScript:
		h.mark, h.loaded, h.archive, h.sum, h.image = "", "", "", "", false
	case statusScript:
		put("%s", h.status)
	case "systemctl is-active --quiet " + node.KubeletUnit:
		return map[bool]int{true: 0, false: 3}[h.kubelet]
	default:
		_, _ = fmt.Fprintln(c.Stderr, "unknown script")
		return 127
	}
	return 0
}

func (h *fakeHost) upload(text string, args []string, c target.Command) int {
	switch text {
	case archiveScript:
		switch {
		case h.sum == args[1]:
			_, _ = fmt.Fprintln(c.Stdout, "whole")
		case h.partSum == args[1]:
			_, _ = fmt.Fprintln(c.Stdout, len(h.part))
		default:
			h.part, h.partSum = "", args[1]
			_, _ = fmt.Fprintln(c.Stdout, 0)
		}
	case appendScript:
		data, _ := io.ReadAll(c.Stdin)
		if n := h.breakUploadAt; n > 0 {
			h.breakUploadAt, h.part = 0, h.part+string(data[:n])
			return 1
		}
		h.did = append(h.did, fmt.Sprintf("append %d", len(data)))
		h.part += string(data)
	case finishScript:
		sum := sha256.Sum256([]byte(h.part))
		part := h.part
		h.part, h.partSum = "", ""
		if hex.EncodeToString(sum[:]) != args[1] {
			return 1
		}
		h.archive, h.sum = part, args[1]
	}
	return 0
}

// runImage is 'docker run' of the bootstrap image: engine, image, verb, ….
func (h *fakeHost) runImage(args []string, c target.Command) int {
	worker := slices.Contains(args, "--name")
	told, _ := io.ReadAll(c.Stdin)
	h.world.mu.Lock()
	h.did = append(h.did, "run "+strings.Join(args, " "))
	h.bundles = append(h.bundles, string(told))
	if worker {
		h.world.busy++
		h.world.most = max(h.world.most, h.world.busy)
	}
	say, code, during := h.say, h.code, h.during
	h.world.mu.Unlock()
	if during != nil {
		during()
	}
	_, _ = io.WriteString(c.Stdout, say)
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	if worker {
		h.world.busy--
	}
	if code == 0 {
		h.kubelet = slices.Contains(args, "apply")
	}
	return code
}

// demo is a cluster of one control plane, 10.240.0.2, and workers at .10, ….
// addresses are those of a cluster's hosts.
// archive writes a file of the size to load.
// inputs are those of the nth host of a cluster.
// properties makes a map of keys and texts in turn.
