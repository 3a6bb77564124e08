# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine of a cloud before its first boot: Debian 13 with cloud-init, and no
# container engine yet.
SUITE=trixie
ENGINE=cloud-init
ENABLED=
