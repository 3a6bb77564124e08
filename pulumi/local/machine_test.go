package local

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMissingCapabilities_AreThoseOutsideTheBoundingSet(t *testing.T) {
	for name, test := range map[string]struct {
		status, last string
		want         []string
	}{
		"all":                   {"Name:\tx\nCapBnd:\t000001ffffffffff\n", "40\n", nil},
		"no SYS_RESOURCE":       {"CapBnd:\t000001fffeffffff\n", "40\n", []string{"SYS_RESOURCE"}},
		"none after AUDIT_READ": {"CapBnd:\t0000003fffffffff\n", "37\n", nil},
		"two":                   {"CapBnd:\t000001fffedfffff\n", "40\n", []string{"SYS_ADMIN", "SYS_RESOURCE"}},
		"not Linux":             {"", "", nil},
		"unreadable":            {"CapBnd:\tzz\n", "40\n", nil},
	} {
		if diff := cmp.Diff(test.want, missingCapabilities([]byte(test.status), []byte(test.last))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPrivilege_AsksOnlyForWhatCanBeHad(t *testing.T) {
	plain, partial := &container.HostConfig{}, &container.HostConfig{}
	privilege(plain, nil)
	privilege(partial, []string{"SYS_RESOURCE"})
	if diff := cmp.Diff(&container.HostConfig{Privileged: true}, plain, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if partial.Privileged || !slices.Equal(partial.CapAdd, []string{"ALL"}) || !slices.Equal(partial.CapDrop, []string{"SYS_RESOURCE"}) ||
		partial.MaskedPaths == nil || partial.ReadonlyPaths == nil {
		t.Errorf("got %+v", partial)
	}
}

func TestNameservers_AreNeverTheMachineItself(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"plain":       {map[string]string{"/etc/resolv.conf": "search x\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n"}, []string{"192.0.2.1", "192.0.2.2"}},
		"of systemd":  {map[string]string{"/etc/resolv.conf": "nameserver 127.0.0.53\n", "/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.3\n"}, []string{"192.0.2.3"}},
		"only itself": {map[string]string{"/etc/resolv.conf": "nameserver ::1\n"}, nil},
	} {
		got := nameservers(func(path string) []byte { return []byte(test.files[path]) })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParseRoutes_SkipsTheDefaultAndDockersOwn(t *testing.T) {
	table := "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n" +
		"eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n" +
		"eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n" +
		"docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n" +
		"br-0a1b2c\t0000F00A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	if got := parseRoutes([]byte(table)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
