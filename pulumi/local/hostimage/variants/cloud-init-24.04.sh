# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine of a cloud before its first boot: Ubuntu 24.04 with cloud-init, and no
# container engine yet.
SUITE=noble
COMPONENTS=main,universe
ENGINE=cloud-init
ENABLED=
