#!/bin/sh
# Builds the root file system of a host of the local target: Debian 13 with
# systemd and Docker, which knows nothing of Kubernetes, as a machine of a
# cloud would be. No container registry takes part.
#
#   build.sh OUT.tar
#   docker import OUT.tar kubernetes-anywhere/host:13
#
# Debian's mirror is apt's usual one; MIRROR replaces it.
set -eu

SUITE=trixie
PACKAGES=systemd,systemd-sysv,dbus,docker.io,docker-cli,containerd,iptables,nftables,iproute2,conntrack,ipset,ebtables,ethtool,kmod,ca-certificates,curl,procps,socat,util-linux,mount
# What a machine does for its own hardware or for logins has no place in a
# container, and some of it would reach through to the machine around it.
MASKED='getty.target console-getty.service getty@tty1.service systemd-logind.service
 systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
 systemd-udev-trigger.service systemd-hwdb-update.service systemd-random-seed.service
 systemd-pcrphase.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount
 sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount
 apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
 e2scrub_all.timer systemd-tmpfiles-clean.timer'
KEEP_NOTHING_OF='man info locale i18n lintian bash-completion'

fail() {
	echo "build.sh: $1" >&2
	exit 1
}

# customize is what mmdebstrap calls, by way of this same script, once the
# packages are in place.
customize() {
	root=$1
	cp -rT --preserve=mode "$here/rootfs" "$root"
	# shellcheck disable=SC2086 # a list of units
	systemctl --quiet --root="$root" mask $MASKED
	systemctl --quiet --root="$root" enable containerd.service docker.service user-data.service
	systemctl --quiet --root="$root" set-default multi-user.target
	# The vendor's kernel settings would change the machine's kernel, not the host's.
	for file in "$root"/usr/lib/sysctl.d/*.conf; do
		mkdir -p "$root/etc/sysctl.d"
		ln -sf /dev/null "$root/etc/sysctl.d/${file##*/}"
	done
	# An empty id makes every host choose its own.
	: >"$root/etc/machine-id"
	for name in $KEEP_NOTHING_OF; do
		rm -rf "${root:?}/usr/share/$name"
	done
	# Caches are as new as what they cache: no need to make them at first boot.
	touch "$root/etc/.updated" "$root/var/.updated"
	# Licences stay: they are what a copy of the packages must come with.
	find "$root/usr/share/doc" -type f ! -name copyright -delete
	find "$root/usr/share/doc" -type d -empty -delete
	rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/*.log "$root"/var/log/apt "$root"/usr/lib/udev/hwdb.bin "$root"/usr/lib/udev/hwdb.d
}

here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" = --customize ]; then
	customize "$2"
	exit 0
fi
[ $# = 1 ] || fail "usage: build.sh OUT.tar"
[ "$(id -u)" = 0 ] || fail "needs root: run it with sudo"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: apt-get install -y mmdebstrap"
# mmdebstrap verifies every package; Debian 12's keyring knows Debian 13's
# keys since its point release 12u2.
ls /usr/share/keyrings/debian-archive-$SUITE-*.gpg >/dev/null 2>&1 ||
	fail "the keyring does not know Debian's $SUITE: apt-get install -y debian-archive-keyring"

# A tree that is thrown away on failure need not be synced file by file.
mmdebstrap --quiet --mode=root --variant=minbase --format=tar --include="$PACKAGES" \
	--dpkgopt=force-unsafe-io \
	--customize-hook="\"$here/build.sh\" --customize \"\$1\"" \
	"$SUITE" "$1.part" ${MIRROR:+"$MIRROR"} || fail "mmdebstrap failed: the lines above say why"
mv "$1.part" "$1"
du -h "$1"
