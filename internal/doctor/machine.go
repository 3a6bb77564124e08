package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// minor reads vX.Y.Z or vX.Y.Z-more.
func minor(version string) (major, minor int, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return 0, 0, false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(strings.TrimRight(parts[1], "+"))
	return major, minor, err1 == nil && err2 == nil
}

// Kubectl judges kubectl's version by the API server's: it may be one minor
// older or newer (https://kubernetes.io/releases/version-skew-policy/#kubectl).
func Kubectl(client, server string) []Result {
	cm, cn, ok1 := minor(client)
	sm, sn, ok2 := minor(server)
	switch {
	case !ok1 || !ok2:
		return CannotTell(fmt.Sprintf("its version %q cannot be compared with %q", client, server))
	case cm != sm || cn < sn-1 || cn > sn+1:
		return Warn(fmt.Sprintf("%s is more than one minor away from Kubernetes %s", client, server),
			fmt.Sprintf("install kubectl %s: https://kubernetes.io/docs/tasks/tools/", server))
	}
	return Well(fmt.Sprintf("%s, within one minor of %s", client, server))
}

// Kubelet says what is wrong with a kubelet's version, or nothing: it may be up
// to three minors older than the API server, and never newer
// (https://kubernetes.io/releases/version-skew-policy/#kubelet).
func Kubelet(kubelet, server string) string {
	km, kn, ok1 := minor(kubelet)
	sm, sn, ok2 := minor(server)
	switch {
	case !ok1 || !ok2:
		return ""
	case km != sm || kn > sn:
		return fmt.Sprintf("its kubelet is %s, newer than the API server's %s", kubelet, server)
	case kn < sn-3:
		return fmt.Sprintf("its kubelet is %s, more than three minors older than the API server's %s", kubelet, server)
	}
	return ""
}

// Room judges the free space, in bytes, of the disk that a folder is on.
func Room(folder string, free uint64) []Result {
	const mega = 1 << 20
	what := fmt.Sprintf("%s free for %s", bytesOf(free), folder)
	switch {
	case free < 100*mega: // a state with its history and backups takes some megabytes
		return Fail(what, "make room there")
	case free < 1024*mega: // plugins are up to 200 MB, an archive of images 900
		return Warn(what+": little for images and plugins", "make room there")
	}
	return Well(what)
}

func bytesOf(n uint64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%d GiB", n>>30)
}

// proxyVariables are those that Go's net/http and kubectl read.
func proxyVariables() []string {
	return []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}
}

// Proxy judges the variables of a proxy: addresses of the cluster that are not
// among the exceptions would be asked of the proxy. Local names are never.
func Proxy(getenv func(string) string, addresses []string) []Result {
	var set []string
	for _, name := range proxyVariables() {
		if getenv(name) != "" {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return Well("none set")
	}
	except := getenv("NO_PROXY")
	if except == "" {
		except = getenv("no_proxy")
	}
	var missing []string
	for _, address := range addresses {
		if !spared(address, except) {
			missing = append(missing, address)
		}
	}
	what := strings.Join(set, ", ") + " set"
	if len(missing) == 0 {
		return Well(what + "; NO_PROXY has the cluster's addresses")
	}
	value := strings.Join(missing, ",")
	if except != "" {
		value = except + "," + value
	}
	return Warn(fmt.Sprintf("%s, and NO_PROXY lacks %s: the cluster would be asked for at the proxy", what, strings.Join(missing, ", ")),
		"export NO_PROXY="+value)
}

// spared tells whether NO_PROXY has an address or a whole range, as
// golang.org/x/net/http/httpproxy reads it: addresses, ranges, names, .names.
func spared(address, except string) bool {
	wanted, err := netip.ParsePrefix(address)
	if err != nil {
		if one, err := netip.ParseAddr(address); err == nil {
			wanted = netip.PrefixFrom(one, one.BitLen())
		}
	}
	if wanted.IsValid() && wanted.Addr().IsLoopback() || address == "localhost" {
		return true
	}
	for _, entry := range strings.Split(except, ",") {
		entry = strings.TrimSpace(entry)
		if host, _, err := net.SplitHostPort(entry); err == nil {
			entry = host
		}
		name := strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
		switch {
		case entry == "":
		case entry == "*", strings.EqualFold(entry, address):
			return true
		case name != "" && strings.HasSuffix(strings.ToLower(address), "."+strings.ToLower(name)) && !wanted.IsValid():
			return true
		}
		if r, err := netip.ParsePrefix(entry); err == nil && wanted.IsValid() && r.Bits() <= wanted.Bits() && r.Contains(wanted.Addr()) {
			return true
		}
	}
	return false
}

// Limits of inotify that kind documents for nodes that are containers
// (https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files).
const (
	inotifyWatches   = 524288
	inotifyInstances = 512
)

// Inotify judges the kernel's limits, which all hosts that are containers of
// one machine share. A single small cluster gets by with less.
func Inotify(watches, instances int) []Result {
	what := fmt.Sprintf("%d watches, %d instances", watches, instances)
	if watches >= inotifyWatches && instances >= inotifyInstances {
		return Well(what)
	}
	return Warn(what+": with many pods, 'too many open files'",
		fmt.Sprintf("sudo sysctl fs.inotify.max_user_watches=%d fs.inotify.max_user_instances=%d", inotifyWatches, inotifyInstances))
}

// Clock judges the difference between another clock and ours. Certificates are
// valid from five minutes before they were made, and HTTP's dates are whole
// seconds.
func Clock(of string, ahead time.Duration) []Result {
	size := ahead.Abs().Round(time.Second)
	what := fmt.Sprintf("%s of %s", size, of)
	fix := "set the clocks: timedatectl set-ntp true, here and on the hosts"
	switch {
	case size > 5*time.Minute:
		return Fail("off by "+what, fix)
	case size > 5*time.Second:
		return Warn("off by "+what, fix)
	}
	return Well("within " + max(size, time.Second).String() + " of " + of)
}

// Existing is the nearest folder at or above a path that is there.
func Existing(path string) string {
	for {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return path
		}
		parent := filepath.Dir(path)
		if parent == path {
			return path
		}
		path = parent
	}
}
