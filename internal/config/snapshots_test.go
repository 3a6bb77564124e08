package config

import (
	"testing"
	"time"
)

func TestSnapshots_HaveBounds(t *testing.T) {
	for every, want := range map[string]string{
		"": "", "6h": "", "10m": "", "168h": "", "0": "", "0s": "",
		"9m59s": "is out of bounds", "169h": "is out of bounds", "-6h": "is out of bounds",
		"daily": "is no time", "6": "is no time",
	} {
		f := &findings{}
		f.snapshots("spec.controlPlane.snapshots", Snapshots{Every: every})
		switch {
		case want == "" && len(*f) > 0, want != "" && len(*f) != 1:
			t.Errorf("%q: got %+v", every, *f)
		case want != "" && ((*f)[0].Path != "spec.controlPlane.snapshots.every" || (*f)[0].Fix == ""):
			t.Errorf("%q: got %+v", every, *f)
		}
	}
	for keep, bad := range map[int]bool{-1: true, 0: false, 1: false, 1000: false, 1001: true} {
		f := &findings{}
		if f.snapshots("p", Snapshots{Keep: keep}); (len(*f) > 0) != bad {
			t.Errorf("%d: got %+v", keep, *f)
		}
	}
}

func TestSnapshots_AreTakenWhereNothingIsSaid(t *testing.T) {
	if s := (Snapshots{}); s.Interval() != 6*time.Hour || s.Kept() != 8 {
		t.Errorf("by default every %s, %d kept", s.Interval(), s.Kept())
	}
	if s := (Snapshots{Every: "0", Keep: 3}); s.Interval() != 0 || s.Kept() != 3 {
		t.Errorf("every %s, %d kept", s.Interval(), s.Kept())
	}
}
