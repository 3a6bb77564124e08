#!/bin/sh
# Installs what building and running a local cluster needs and is missing, and
# starts Docker. Debian and its kin; does nothing where all is there.
#
#   hack/setup.sh          for clusters
#   hack/setup.sh tests    and what tests check scripts, rules and disks with
set -eu
wanted=${1:-clusters}

say() { echo "setup: $1" >&2; }
fail() {
	say "$1"
	exit 1
}

# Each line is a package and the program or file that it brings.
for_clusters() {
	cat <<-END
		docker.io dockerd
		mmdebstrap mmdebstrap
		gpg gpg
		debian-archive-keyring /usr/share/keyrings/debian-archive-trixie-stable.gpg
		gcc gcc
		libc6-dev /usr/include/stdio.h
		libblkid-dev /usr/include/blkid/blkid.h
		iptables iptables
		git git
		ca-certificates /etc/ssl/certs/ca-certificates.crt
	END
}

for_tests() {
	cat <<-END
		shellcheck shellcheck
		nftables nft
		ipset ipset
		iproute2 ip
		e2fsprogs mkfs.ext4
		python3-minimal python3
		systemd systemd-analyze
		tmux tmux
		graphviz dot
		bsdutils script
	END
}

# missing prints the packages whose program or file is not here.
missing() {
	{
		for_clusters
		[ "$wanted" != tests ] || for_tests
	} | while read -r package sign; do
		case $sign in
		/*) [ -e "$sign" ] || echo "$package" ;;
		*) command -v "$sign" >/dev/null 2>&1 || echo "$package" ;;
		esac
	done
}

install_missing() {
	packages=$(missing | tr '\n' ' ')
	[ -n "$packages" ] || return 0
	command -v apt-get >/dev/null 2>&1 || fail "missing: $packages; install them with this system's package manager and run again"
	[ "$(id -u)" = 0 ] || fail "missing: $packages; type: sudo $0"
	log=$cache/setup.log
	apt-get update >"$log" 2>&1 || say "apt-get update failed; going on with the package lists that are here"
	# Since Debian 13 the client is a package of its own.
	command -v docker >/dev/null 2>&1 || packages="$packages$(apt-cache pkgnames docker-cli | grep -x docker-cli || true)"
	say "installing $packages"
	# shellcheck disable=SC2086 # a list of packages
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $packages >>"$log" 2>&1 ||
		fail "installing $packages failed:
$(tail -n 20 "$log")"
}

# start_docker leaves a daemon running that outlives this script.
start_docker() {
	docker info >/dev/null 2>&1 && return 0
	[ "$(id -u)" = 0 ] || fail "Docker does not answer; type: sudo systemctl start docker, and add yourself to the group docker"
	if [ -d /run/systemd/system ]; then
		say "starting Docker by systemd"
		systemctl start docker || fail "systemd could not start Docker; type: journalctl -u docker -n 50"
	else
		say "starting dockerd in the background, its log is $cache/dockerd.log"
		setsid dockerd >"$cache/dockerd.log" 2>&1 </dev/null &
	fi
	waited=0
	until docker info >/dev/null 2>&1; do
		[ $waited -lt 60 ] || fail "Docker does not answer after 60 s:
$(tail -n 20 "$cache/dockerd.log" 2>/dev/null)"
		sleep 1
		waited=$((waited + 1))
	done
	say "Docker answers"
}

cache=${KUBERNETES_ANYWHERE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere}
mkdir -p "$cache"
install_missing
start_docker
