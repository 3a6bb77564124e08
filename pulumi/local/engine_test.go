package local

import (
	"strings"
	"testing"
)

func TestGetDocker_SaysElsewhereWhatLocalNeeds(t *testing.T) {
	if said := getDocker("linux"); !strings.Contains(said, "apt-get install") {
		t.Errorf("on linux it says %q", said)
	}
	for _, system := range []string{"darwin", "windows"} {
		if said := getDocker(system); !strings.Contains(said, "needs Linux, or a Docker on this machine") || strings.Contains(said, "apt-get") {
			t.Errorf("on %s it says %q", system, said)
		}
	}
}
