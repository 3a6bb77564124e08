package timeline

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

var update = flag.Bool("update", false, "write the picture of the documentation")

// silent is a reporter that says nothing.
type silent struct{}

func (silent) Begin(int, int, string)   {}
func (silent) Wait(string, string)      {}
func (silent) Note(string, ...any)      {}
func (silent) End(time.Duration, error) {}

// clock is a clock that a test sets, in seconds.
type clock struct{ seconds float64 }

func at(seconds float64) time.Time {
	return time.Unix(1_000_000, 0).UTC().Add(time.Duration(seconds * float64(time.Second)))
}

func (c *clock) now() time.Time { return at(c.seconds) }

// stagesFrom are stages one after the other, each with the second of its end.
func stagesFrom(began float64, ends map[string]float64) []node.StageTime {
	var all []node.StageTime
	for _, name := range stages() {
		if end, found := ends[name]; found {
			all = append(all, node.StageTime{Stage: name, Began: at(began), Ended: at(end)})
			began = end
		}
	}
	return all
}

// came is a cluster of one control plane and so many workers that came up in
// 30 seconds.
func came(workers int) *Recorder {
	c := &clock{}
	r := NewRecorder("anywhere", silent{}, c.now)
	step := func(n int, title string, end float64, meanwhile func()) {
		r.Begin(n, 5, title)
		meanwhile()
		c.seconds = end
		r.End(0, nil)
	}
	step(1, "Checking that this can be made here", 0.5, func() {})
	step(2, "Provisioning network and hosts", 4, func() {
		r.Operation("create network anywhere", "anywhere", false, "")
		c.seconds = 1.5
		r.Operation("create network anywhere", "anywhere", true, "")
		r.Operation("create host anywhere-control-plane-1", "anywhere-control-plane-1", false, "")
		for i := range workers {
			r.Operation(fmt.Sprintf("create host anywhere-workers-%d", i+1), "", false, "")
		}
		c.seconds = 3.5
		r.Operation("create host anywhere-control-plane-1", "anywhere-control-plane-1", true, "")
		for i := range workers {
			r.Operation(fmt.Sprintf("create host anywhere-workers-%d", i+1), "", true, "")
		}
	})
	step(3, "Starting the control plane", 18, func() {
		r.Wait("anywhere-control-plane-1", "booting")
		c.seconds = 8
		r.Wait("anywhere-control-plane-1", "stage 6 of 10, kubelet")
	})
	step(4, "Applying the addons", 19.5, func() {})
	step(5, "Waiting for every node", 30, func() {
		r.Wait("anywhere-workers-1", "its kubelet to register")
		c.seconds = 25
		r.Wait("pool workers", "1 of 2 nodes registered")
	})
	plane := stagesFrom(7, map[string]float64{"facts": 7.5, "bundle": 8, "certificates": 8.4, "ignition": 9, "units": 11, "kubelet": 13, "etcd": 14, "apiserver": 17, "registered": 18, "ready": 24})
	plane[5].Waits = []node.WaitTime{{What: "the kubelet to answer", Began: at(11.5), Ended: at(13)}}
	r.Observe("anywhere-control-plane-1", node.ControlPlane, "", &node.Status{State: node.Done, History: plane}, at(30))
	for i := range workers {
		late := 28 + 1.5*float64(i)/float64(workers)
		history := stagesFrom(6.5, map[string]float64{"facts": 7, "bundle": 7.5, "certificates": 7.7, "ignition": 8, "units": 12, "kubelet": 19, "registered": 22, "ready": late})
		r.Observe(fmt.Sprintf("anywhere-workers-%d", i+1), node.Worker, "workers", &node.Status{State: node.Done, History: history}, at(30))
	}
	return r
}

func TestCriticalPath_HasNoGapsAndGoesByWhatWasWaitedForLast(t *testing.T) {
	timeline := came(2).Timeline(nil)
	path := timeline.CriticalPath()
	last := timeline.Began
	var names []string
	for _, s := range path {
		if !s.Began.Equal(last) {
			t.Errorf("%s begins at %s, and the step before it ended at %s", timeline.Name(s), s.Began, last)
		}
		last = s.Ended
		names = append(names, fmt.Sprintf("%s %.1f", timeline.Name(s), s.Took().Seconds()))
	}
	if !last.Equal(timeline.Ended) {
		t.Errorf("the path ends at %s, the timeline at %s", last, timeline.Ended)
	}
	want := []string{
		"checking that this can be made here 0.5", "create network anywhere 1.0", "create host anywhere-control-plane-1 2.0",
		"provisioning network and hosts 0.5",
		"anywhere-control-plane-1 start 3.0", "anywhere-control-plane-1 facts 0.5", "anywhere-control-plane-1 bundle 0.5",
		"anywhere-control-plane-1 certificates 0.4", "anywhere-control-plane-1 ignition 0.6", "anywhere-control-plane-1 units 2.0",
		"anywhere-control-plane-1 kubelet 2.0", "anywhere-control-plane-1 etcd 1.0", "anywhere-control-plane-1 apiserver 3.0",
		"anywhere-control-plane-1 registered 1.0", "applying the addons 1.5",
		"anywhere-workers-2 registered 2.5", "anywhere-workers-2 ready 6.8", "waiting for every node 1.2",
	}
	if strings.Join(names, "\n") != strings.Join(want, "\n") {
		t.Errorf("the path is\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
}

func TestSummary_NamesWhatMattersAndCountsTheRest(t *testing.T) {
	got := came(2).Timeline(nil).Summary()
	want := "critical path of 30.0 s: create network anywhere 1.0 s → create host anywhere-control-plane-1 2.0 s" +
		" → anywhere-control-plane-1 start 3.0 s → anywhere-control-plane-1 ignition 0.6 s → anywhere-control-plane-1 units 2.0 s" +
		" → anywhere-control-plane-1 kubelet 2.0 s → anywhere-control-plane-1 etcd 1.0 s → anywhere-control-plane-1 apiserver 3.0 s" +
		" → anywhere-control-plane-1 registered 1.0 s → applying the addons 1.5 s → anywhere-workers-2 registered 2.5 s" +
		" → anywhere-workers-2 ready 6.8 s → waiting for every node 1.2 s, and 2.4 s of shorter steps"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSVG_DrawsControlPlanesAndTheCriticalPathHoweverManyHostsThereAre(t *testing.T) {
	picture := string(came(2000).Timeline(nil).SVG())
	for _, want := range []string{">anywhere-control-plane-1<", ">anywhere-workers-2000<", ">create network anywhere<", "and 1961 hosts that ended before"} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

func TestRecorder_TellsWhereAFailureStopped(t *testing.T) {
	c := &clock{}
	r := NewRecorder("anywhere", silent{}, c.now)
	r.Begin(1, 2, "Provisioning network and hosts")
	r.Operation("create host a", "a", false, "")
	c.seconds = 2
	r.Operation("create host a", "a", true, "no room")
	r.Operation("create host b", "b", false, "")
	c.seconds = 3
	r.End(0, errors.New("creating a: no room"))
	timeline := r.Timeline(errors.New("phase 1 of 2: creating a: no room"))
	if len(timeline.Phases) != 1 || timeline.Phases[0].Error == "" || timeline.Operations[0].Error != "no room" {
		t.Errorf("the timeline is %+v", timeline)
	}
	if !timeline.Operations[1].Ended.Equal(at(3)) {
		t.Errorf("what was under way ends at %s", timeline.Operations[1].Ended)
	}
	picture := string(timeline.SVG())
	for _, want := range []string{"failed after 3.0 s: phase 1 of 2: creating a: no room", `class="operation failed"`, `class="phase failed"`} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

func TestRecorder_GoesByItsOwnLooksWhereAHostTellsNoTime(t *testing.T) {
	c := &clock{}
	r := NewRecorder("anywhere", silent{}, c.now)
	look := func(seconds float64, status *node.Status) {
		c.seconds = seconds
		r.Observe("a", node.Worker, "workers", status, at(seconds))
	}
	look(1, nil)
	look(2, &node.Status{State: node.Running, Stage: "facts", N: 1, Stages: 10})
	look(3, &node.Status{State: node.Running, Stage: "facts", N: 1, Stages: 10, Waiting: "the clock"})
	look(5, &node.Status{State: node.Running, Stage: "kubelet", N: 6, Stages: 10})
	look(9, &node.Status{State: node.Done, Stage: "kubelet", N: 6, Stages: 10})
	h := r.Timeline(nil).Hosts[0]
	want := []node.StageTime{
		{Stage: "facts", Began: at(2), Ended: at(5), Waits: []node.WaitTime{{What: "the clock", Began: at(3), Ended: at(5)}}},
		{Stage: "kubelet", Began: at(5), Ended: at(9)},
	}
	if !h.Seen || fmt.Sprint(h.Stages) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", h.Stages, want)
	}
}

func TestRecorder_FindsOutByHowMuchAHostsClockIsWrong(t *testing.T) {
	for _, wrong := range []float64{0, 0.3, -0.3, 40, -40} {
		c := &clock{}
		r := NewRecorder("anywhere", silent{}, c.now)
		var status node.Status
		for i := range 20 {
			c.seconds = float64(i) + 1
			// The host writes between the looks, by its own clock.
			written := at(c.seconds - 0.4 + wrong)
			status.Enter(fmt.Sprint(i), i+1, 20, written)
			status.Updated = written
			copied := status
			copied.History = append([]node.StageTime(nil), status.History...)
			r.Observe("a", node.Worker, "", &copied, at(c.seconds-0.1))
		}
		stages := r.Timeline(nil).Hosts[0].Stages
		last := stages[len(stages)-1].Began.Sub(at(20 - 0.4)).Seconds()
		if last < -0.6 || last > 0.6 {
			t.Errorf("with a clock that is %.1f s wrong the last stage is %.2f s away from where it was", wrong, last)
		}
	}
}

func TestSVG_IsXMLAndEndsWithin(t *testing.T) {
	for _, workers := range []int{0, 2, 2000} {
		picture := came(workers).Timeline(nil).SVG()
		decoder := xml.NewDecoder(strings.NewReader(string(picture)))
		var width float64
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("with %d workers: %v", workers, err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			var x, w float64
			for _, a := range element.Attr {
				switch a.Name.Local {
				case "href":
					t.Errorf("a reference leads to %q", a.Value)
				case "x":
					fmt.Sscan(a.Value, &x)
				case "width":
					fmt.Sscan(a.Value, &w)
				}
			}
			if element.Name.Local == "svg" {
				width = w
			}
			if x < 0 || x+w > width {
				t.Errorf("with %d workers a %s reaches from %.1f to %.1f of %.1f", workers, element.Name.Local, x, x+w, width)
			}
		}
		if len(picture) > 200<<10 {
			t.Errorf("the picture of %d workers has %d bytes", workers, len(picture))
		}
	}
}
