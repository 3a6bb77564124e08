# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine of a cloud before its first boot: Ubuntu 22.04 with cloud-init, and no
# container engine yet.
SUITE=jammy
COMPONENTS=main,universe
ENGINE=cloud-init
ENABLED=
