package local

// getDocker says what to do where no Docker answers, on an operating system as
// Go calls it. Hosts are Linux containers: elsewhere Docker runs them in a
// virtual machine of its own.
func getDocker(system string) string {
	if system == "linux" {
		return "install and start it: apt-get install -y docker.io && systemctl start docker; or 'make setup'"
	}
	return "the target \"local\" needs Linux, or a Docker on this machine: install Docker Desktop and start it, or choose a cloud as spec.target"
}
