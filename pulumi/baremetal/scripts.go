package baremetal

// Paths on a host.
const (
	stateFolder = "/var/lib/kubernetes-anywhere"
	// archivePath is where the images of all pods wait for containerd.
	archivePath = stateFolder + "/images.tar"
	// markPath says whose host it is; see mark.
	markPath = stateFolder + "/baremetal.json"
	// loadedPath says which archive the container engine has loaded.
	loadedPath = stateFolder + "/baremetal-loaded"
)

// bootstrapContainer is the name of the container that makes a host a node, so
// that one which a lost connection has left behind is found.
const bootstrapContainer = "kubernetes-anywhere-bootstrap"

// Scripts that run as root by sh on a host. Values come as $1, $2, ….
const (
	// paths makes up for logins that have a user's search path only.
	paths = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH\n"

	// lookScript says what the host is, a word and its value a line.
	lookScript = paths + `echo "uid $(id -u)"
echo "arch $(uname -m)"
( . /etc/os-release && echo "os $ID $VERSION_ID" ) 2>/dev/null
for program in docker podman apt-get systemctl; do
	command -v "$program" >/dev/null 2>&1 && echo "has $program"
done
docker version >/dev/null 2>&1 && echo "answers docker"
[ ! -e ` + markPath + ` ] || echo "mark $(tr -d '\n' <` + markPath + `)"
[ ! -e ` + loadedPath + ` ] || echo "loaded $(cat ` + loadedPath + `)"
echo "room $(df -Pk /var | awk 'NR==2 {print $4}')"
:`

	// installScript installs a container engine, as the first-boot script of
	// clouds does. Since Debian 13 the client is a package of its own.
	installScript = paths + `apt-get update -q || exit
client=$(apt-cache pkgnames docker-cli | grep -x docker-cli)
DEBIAN_FRONTEND=noninteractive exec apt-get install -yq --no-install-recommends \
	-o DPkg::Lock::Timeout=60 docker.io $client`

	// startScript waits for the Docker daemon.
	startScript = paths + `command -v systemctl >/dev/null 2>&1 && systemctl start docker.service
for second in $(seq 60); do
	docker version >/dev/null 2>&1 && exit
	sleep 1
done
docker version`

	// markScript writes whose host it is: $1 is the mark.
	markScript = paths + `mkdir -p ` + stateFolder + ` && printf '%s\n' "$1" >` + markPath + `.new && mv ` + markPath + `.new ` + markPath

	// hasImageScript: $1 is the engine, $2 the image.
	hasImageScript = paths + `"$1" image inspect "$2" >/dev/null 2>&1`

	// loadScript loads an archive from standard input: $1 is the engine, $2
	// what to note down.
	loadScript = paths + `"$1" load -q && printf '%s\n' "$2" >` + loadedPath

	// loadHereScript loads the archive that is on the host already.
	loadHereScript = paths + `"$1" load -q -i ` + archivePath + ` && printf '%s\n' "$2" >` + loadedPath

	// archiveScript says how much of the archive $1 (its SHA-256) is there:
	// "whole", or the number of bytes of an upload that broke off.
	archiveScript = paths + `cd ` + stateFolder + ` || exit
if [ "$(cat images.tar.sum 2>/dev/null)" = "$1" ] && [ -f images.tar ]; then echo whole
elif [ "$(cat images.tar.part-sum 2>/dev/null)" = "$1" ] && [ -f images.tar.part ]; then stat -c %s images.tar.part
else rm -f images.tar.part && printf '%s' "$1" >images.tar.part-sum && echo 0
fi`

	// appendScript adds standard input to an upload.
	appendScript = paths + `cat >>` + archivePath + `.part`

	// finishScript turns an upload into the archive if it hashes to $1, and
	// throws it away if it does not.
	finishScript = paths + `cd ` + stateFolder + ` || exit
sum=$(sha256sum images.tar.part) && sum=${sum%% *}
if [ "$sum" != "$1" ]; then rm -f images.tar.part images.tar.part-sum; echo "it arrived with SHA-256 $sum" >&2; exit 1; fi
rm -f images.tar.sum && mv images.tar.part images.tar && printf '%s' "$1" >images.tar.sum && rm -f images.tar.part-sum`

	// runScript runs the bootstrap image: $1 is the engine, $2 the image, the
	// rest what it is to do. A run that a lost connection has left behind ends
	// first: it would hold the host's lock.
	runScript = paths + `engine=$1 image=$2
shift 2
"$engine" rm -f ` + bootstrapContainer + ` >/dev/null 2>&1
exec "$engine" run --rm -i --name ` + bootstrapContainer + ` --privileged --pid=host --net=host -v /:/host "$image" "$@"`

	// forgetScript takes away what this target put on the host: $1 is the
	// engine, $2 the image.
	forgetScript = paths + `cd / && rm -f ` + archivePath + `* ` + loadedPath + ` ` + markPath + `
rmdir ` + stateFolder + ` 2>/dev/null
[ -z "$1" ] || "$1" image rm "$2" >/dev/null 2>&1
:`

	// statusScript prints the status file, $1, or nothing.
	statusScript = `[ ! -e "$1" ] || cat "$1"`
)
