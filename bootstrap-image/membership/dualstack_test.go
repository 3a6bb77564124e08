package membership

import (
	"strings"
	"testing"
)

func TestAddressIn_IsOfTheFirstFamily(t *testing.T) {
	addresses := []string{"fd00:10:1::5", "10.1.0.5"}
	const both = "10.1.0.0/24,fd00:10:1::/64"
	if got, err := addressIn("", addresses, both); err != nil || got != "10.1.0.5" {
		t.Errorf("the host is known by %q: %v", got, err)
	}
	if got, err := addressIn("fd00:10:1::5", addresses, both); err == nil {
		t.Errorf("the host is known by %q", got)
	}
	if _, err := addressIn("", addresses[:1], both); err == nil || !strings.Contains(err.Error(), "connect the host to that network") {
		t.Errorf("got %v", err)
	}
}
