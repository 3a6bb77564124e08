#!/bin/sh
# Builds the root file system of a host: by default that of the local target,
# Debian 13 with systemd and Docker, which knows nothing of Kubernetes, as a
# machine of a cloud would be; of a variant, another kind of host that tests
# want. No container registry takes part.
#
#   build.sh OUT.tar [VARIANT]
#   docker import OUT.tar kubernetes-anywhere/host:13
#
# A variant is a file of variants/, which says how it differs, and the tree of
# its kind below variants/rootfs. The distribution's mirror is mmdebstrap's
# usual one; MIRROR replaces it.
set -eu

SUITE=trixie
COMPONENTS=main
# What a container engine brings, and what every host has.
ENGINE=docker.io,docker-cli,containerd
PACKAGES=systemd,systemd-sysv,dbus,iptables,nftables,iproute2,conntrack,ipset,ebtables,ethtool,kmod,ca-certificates,curl,procps,socat,util-linux,mount
ENABLED='containerd.service docker.service user-data.service'
# What a machine does for its own hardware or for logins has no place in a
# container, and some of it would reach through to the machine around it.
MASKED='getty.target console-getty.service getty@tty1.service systemd-logind.service
 systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
 systemd-udev-trigger.service systemd-hwdb-update.service systemd-random-seed.service
 systemd-pcrphase.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount
 sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount
 apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer
 e2scrub_all.timer systemd-tmpfiles-clean.timer systemd-timesyncd.service
 systemd-resolved.service systemd-networkd.service systemd-networkd.socket'
KEEP_NOTHING_OF='man info locale i18n lintian bash-completion'

fail() {
	echo "build.sh: $1" >&2
	exit 1
}

# A variant replaces values above, and may define 'finish ROOT'.
finish() { :; }
here=$(cd "$(dirname "$0")" && pwd)
choose() {
	variant=$1
	[ -n "$variant" ] || return 0
	[ -f "$here/variants/$variant.sh" ] || fail "there is no variant $variant: have $(cd "$here/variants" && echo *.sh)"
	# shellcheck disable=SC1090 # one of variants/
	. "$here/variants/$variant.sh"
}

# customize is what mmdebstrap calls, by way of this same script, once the
# packages are in place.
customize() {
	root=$1
	# Ubuntu's is a link into /run, of a service that does not run here.
	rm -f "$root/etc/resolv.conf"
	: >"$root/etc/resolv.conf"
	cp -rT --preserve=mode "$here/rootfs" "$root"
	kind=$here/variants/rootfs/${variant%-*}
	[ -z "$variant" ] || [ ! -d "$kind" ] || cp -rT --preserve=mode "$kind" "$root"
	# shellcheck disable=SC2086 # a list of units
	systemctl --quiet --root="$root" mask $MASKED
	# shellcheck disable=SC2086 # a list of units
	[ -z "$ENABLED" ] || systemctl --quiet --root="$root" enable $ENABLED
	systemctl --quiet --root="$root" set-default multi-user.target
	finish "$root"
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

# keyring prints the file that signatures of the suite are checked with.
# Debian has Ubuntu's as a package, which Debian's own keys vouch for.
keyring() {
	case $SUITE in
	bookworm | trixie)
		# Debian 12's keyring knows Debian 13's keys since its point release 12u2.
		ls /usr/share/keyrings/debian-archive-$SUITE-*.gpg >/dev/null 2>&1 ||
			fail "the keyring does not know Debian's $SUITE: apt-get install -y debian-archive-keyring"
		;;
	*)
		mmdebstrap --quiet --mode=root --variant=extract --format=directory --include=ubuntu-keyring \
			trixie "$work/keyring" || fail "fetching Ubuntu's keyring failed: the lines above say why"
		echo "$work/keyring/usr/share/keyrings/ubuntu-archive-keyring.gpg"
		;;
	esac
}

if [ "${1:-}" = --customize ]; then
	choose "$3"
	customize "$2"
	exit 0
fi
[ $# = 1 ] || [ $# = 2 ] || fail "usage: build.sh OUT.tar [VARIANT]"
choose "${2:-}"
[ "$(id -u)" = 0 ] || fail "needs root: run it with sudo"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing: apt-get install -y mmdebstrap"
work=$(mktemp -d)
# apt reads the keyring as a user of its own.
chmod 0755 "$work"
trap 'rm -rf "$work"' EXIT
keys=$(keyring)

# A tree that is thrown away on failure need not be synced file by file.
mmdebstrap --quiet --mode=root --variant=minbase --format=tar --components="$COMPONENTS" \
	--include="$PACKAGES,$ENGINE" --dpkgopt=force-unsafe-io ${keys:+--keyring="$keys"} \
	--customize-hook="\"$here/build.sh\" --customize \"\$1\" \"$variant\"" \
	"$SUITE" "$1.part" ${MIRROR:+"$MIRROR"} || fail "mmdebstrap failed: the lines above say why"
mv "$1.part" "$1"
du -h "$1"
