package host

import (
	"strings"
	"testing"
)

func TestChosen_KeepsAddressesOfTheOtherFamily(t *testing.T) {
	found := []string{"10.1.0.5", "fd00::5", "192.0.2.7", "2001:db8::7"}
	for given, want := range map[string]string{
		"":          "10.1.0.5 fd00::5 192.0.2.7 2001:db8::7",
		"192.0.2.7": "192.0.2.7 fd00::5 2001:db8::7",
		"fd00::5":   "fd00::5 10.1.0.5 192.0.2.7",
	} {
		r := &run{Options: Options{Address: given}}
		if _, got, err := r.chosen("h", found); err != nil || strings.Join(got, " ") != want {
			t.Errorf("with --address %q: %q, want %q (%v)", given, got, want, err)
		}
	}
	if found[0] != "10.1.0.5" || found[3] != "2001:db8::7" {
		t.Errorf("what was found is changed: %q", found)
	}
	r := &run{Options: Options{Address: "10.9.9.9"}}
	if _, _, err := r.chosen("h", found); err == nil {
		t.Error("an address that the host has not was taken")
	}
}
