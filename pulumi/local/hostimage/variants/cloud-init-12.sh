# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine of a cloud before its first boot: Debian 12 with cloud-init, and no
# container engine yet.
SUITE=bookworm
ENGINE=cloud-init
ENABLED=
