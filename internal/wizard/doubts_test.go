package wizard

import (
	"slices"
	"testing"
)

func TestDoubts_TellOfASlipInARegionAndOfNothingElse(t *testing.T) {
	for region, want := range map[string][]string{
		"north":  nil,
		"noth":   {`spec.cloud.region: "noth" is none of the regions that this version knows; did you mean "north"?`},
		"north2": nil,
		"east":   nil,
		"":       nil,
	} {
		d := fresh(t)
		for _, change := range [][2]string{{"spec.target", "cloud"}, {"spec.cloud.project", "p"}, {"spec.cloud.region", region}} {
			if err := d.Set(change[0], change[1]); err != nil {
				t.Fatal(err)
			}
		}
		if got := d.Doubts(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", region, got, want)
		}
		if got := d.doubtsOf("spec.cloud.region"); !slices.Equal(got, want) || len(d.doubtsOf("spec.cloud.project")) > 0 {
			t.Errorf("%q: of the field %q, want %q", region, got, want)
		}
	}
}
