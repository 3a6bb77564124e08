# shellcheck shell=sh disable=SC2034 # read by build.sh
# A machine whose only container engine is podman: Debian 13.
ENGINE=podman,containerd
ENABLED=containerd.service
