
LOADED=/var/lib/kubernetes-anywhere/first-boot-loaded
CONSOLE=/dev/console

# try WHAT COMMAND...: repeats a command until it succeeds or time is up.
try() {
	what=$1 pause=1
	shift
	until out=$("$@" 2>&1); do
		reason=$(printf '%s\n' "$out" | tail -n 1)
		[ "$(date +%s)" -lt "$end" ] || fail "gave up $what after ${DEADLINE}s: $reason"
		log "$what failed: $reason; again in ${pause}s"
		sleep "$pause"
		[ "$pause" -ge 30 ] || pause=$((pause * 2))
	done
}

# Where there is a console, it tells the cloud's log.
log() {
	echo "first-boot: $*"
	[ ! -e "$CONSOLE" ] || { echo "first-boot: $*" >"$CONSOLE"; } 2>/dev/null || :
}
fail() { log "$*"; exit 1; }

# Since Debian 13 the client is a package of its own.
install_engine() {
	apt-get update -q || return
	client=$(apt-cache pkgnames docker-cli | grep -x docker-cli)
	# shellcheck disable=SC2086 # empty where there is no such package
	DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
		-o DPkg::Lock::Timeout=60 docker.io $client
}

# An archive is loaded again when it is another one: the image's name may stay.
load() {
	stamp="$1 $(stat -c '%s %Y' "$1")"
	if [ "$(cat "$LOADED" 2>/dev/null)" = "$stamp" ] && "$engine" image inspect "$IMAGE" >/dev/null 2>&1; then
		log "$IMAGE is here"
		return
	fi
	log "loading $1"
	try "loading $1" "$engine" load -q -i "$1"
	mkdir -p "${LOADED%/*}" && echo "$stamp" >"$LOADED"
}

# The output goes to the log as it comes, so that a hang can be seen.
bootstrap() {
	pause=2
	set -- apply --bundle "$BUNDLE"
	[ -z "$SUM" ] || set -- "$@" --bundle-sha256 "$SUM"
	until "$engine" run --rm --privileged --pid=host --net=host -v /:/host "$IMAGE" "$@"; do
		status=$?
		case $status in
		125) reason="$engine could not start it" ;;
		137) reason="it was killed" ;;
		*) reason="it exited with status $status" ;;
		esac
		[ "$(date +%s)" -lt "$end" ] || fail "gave up the bootstrap after ${DEADLINE}s: $reason (its own words are above)"
		log "bootstrap failed: $reason (its own words are above); again in ${pause}s"
		sleep "$pause"
		[ "$pause" -ge 60 ] || pause=$((pause * 2))
	done
}

end=$(($(date +%s) + DEADLINE))
log "starting"
engine=docker
if command -v docker >/dev/null 2>&1; then
	:
elif command -v podman >/dev/null 2>&1; then
	engine=podman # which has no daemon
else
	command -v apt-get >/dev/null 2>&1 || fail "no docker here and no apt-get to install it: use an image with Docker"
	log "installing docker"
	try "installing docker" install_engine
fi
if [ "$engine" = docker ]; then
	log "waiting for the Docker daemon"
	try "reaching the Docker daemon" docker version
fi
archive=${BOOTSTRAP_ARCHIVE:-$IMAGE_ARCHIVE}
[ -z "$archive" ] || load "$archive"
log "running $IMAGE"
bootstrap
log "this host is a node"
