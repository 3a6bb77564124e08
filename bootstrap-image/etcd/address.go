package etcd

import (
	"net/url"
	"strconv"
)

// Address is the host of a member's peer URL, empty where it has none.
func (m Member) Address() string { return addressOf(m) }

func addressOf(m Member) string {
	for _, text := range m.PeerURLs {
		if u, err := url.Parse(text); err == nil {
			return u.Hostname()
		}
	}
	return ""
}

func hexID(id uint64) string { return strconv.FormatUint(id, 16) }
