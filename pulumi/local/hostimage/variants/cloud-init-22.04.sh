# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine of a cloud before its first boot: Ubuntu 22.04 with cloud-init, and no
# container engine yet.
SUITE=jammy
COMPONENTS=main,universe
# What is on every image of Ubuntu's, but not in its smallest system.
ENGINE=cloud-init,apt,lsb-release
ENABLED=
