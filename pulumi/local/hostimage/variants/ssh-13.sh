# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine that is there already, as the baremetal target finds one: Debian 13
# with Docker and an SSH server, whose keys it makes itself. The server starts
# once somebody may log in: root, or the user debian, who has sudo.
PACKAGES=$PACKAGES,openssh-server,sudo
ENABLED="$ENABLED ssh.service"

finish() {
	# Every host makes its own.
	rm -f "$1"/etc/ssh/ssh_host_*
	chmod 0440 "$1/etc/sudoers.d/debian"
	chroot "$1" useradd --create-home --shell /bin/sh debian
}
