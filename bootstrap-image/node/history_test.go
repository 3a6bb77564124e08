package node

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

func TestStatus_RemembersWhenEachStageWasUnderWay(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0).UTC() }
	var s Status
	s.Enter(StageFacts, 1, 10, at(0))
	s.Enter(StageKubelet, 6, 10, at(2))
	s.Wait("kubelet.service", at(3))
	s.Wait("kubelet.service", at(4))
	s.Wait("the API server", at(5))
	s.Wait("", at(7))
	s.Wait("the node", at(8))
	s.End(Done, at(9))
	want := []StageTime{
		{Stage: StageFacts, Began: at(0), Ended: at(2)},
		{Stage: StageKubelet, Began: at(2), Ended: at(9), Waits: []WaitTime{
			{"kubelet.service", at(3), at(5)}, {"the API server", at(5), at(7)}, {"the node", at(8), at(9)},
		}},
	}
	if fmt.Sprint(s.History) != fmt.Sprint(want) {
		t.Errorf("the history is\n%v, want\n%v", s.History, want)
	}
	if s.State != Done || s.Stage != StageKubelet {
		t.Errorf("the status is %+v", s)
	}
}

func TestStatus_StaysSmallHoweverMuchIsWaitedFor(t *testing.T) {
	var s Status
	for stage := range 10 {
		s.Enter("registered", stage+1, 10, time.Unix(int64(1000*stage), 1))
		for wait := range 900 {
			s.Wait(fmt.Sprintf("the API to know the node: dial tcp 10.240.0.2:6443: connection refused, for the %dth time", wait), time.Unix(int64(1000*stage+wait), 1))
		}
	}
	s.End(Failed, time.Unix(10000, 0))
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 16<<10 {
		t.Errorf("the status has %d bytes", len(data))
	}
	last := s.History[9]
	if n := len(last.Waits); n != mostWaits || !last.Waits[n-1].Ended.Equal(last.Ended) {
		t.Errorf("the last stage remembers %d waits, the last of them %+v", n, last.Waits[n-1])
	}
}
