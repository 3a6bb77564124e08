# Every target is safe to run again: what is up to date is not made again.
KUBERNETES_ANYWHERE_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kubernetes-anywhere
export KUBERNETES_ANYWHERE_CACHE
export PATH := $(CURDIR)/bin:$(PATH)
# The same flags for every build and test, or each would compile its own copy
# of the engine and of Kubernetes' client. The builder uses them too.
export CGO_ENABLED := 0
export GOFLAGS := $(GOFLAGS) -trimpath -buildvcs=false
# Linking the engine takes gigabytes: two packages at a time, whatever the processors.
P ?= 2
F ?= examples/local.json

.DEFAULT_GOAL := help
.PHONY: help setup kubectl build images images-from-source host-image create delete test test-tools unit e2e test-node test-network conformance test-airgap test-providers test-live bench release test-krew update screens pin-digests verify clean clean-cache

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing (Debian) and start Docker
	@hack/setup.sh

kubectl: ## build kubectl into bin/ where there is none
	@hack/kubectl.sh

build: ## build bin/kubectl-anywhere
	go build -p $(P) -ldflags "-s -w" -o bin/kubectl-anywhere ./cmd/kubectl-anywhere

images: ## make the archives of images, from registries or source (WITH=cilium too)
	go run ./cmd/bundle $(if $(WITH),--with $(WITH)) images

images-from-source: ## make the archives of all images from module source
	go run ./cmd/bundle $(if $(WITH),--with $(WITH)) source

host-image: ## build the image of the local target's hosts and give it to Docker
	@hack/host-image.sh

create: setup kubectl build host-image ## bring up the cluster of F=examples/local.json
	bin/kubectl-anywhere images bundle -f $(F)
	bin/kubectl-anywhere create -f $(F)

delete: build ## delete that cluster
	bin/kubectl-anywhere delete -f $(F)

test-tools: # what 'make test' needs beyond what clusters need
	@hack/setup.sh tests

test: test-tools verify kubectl build images host-image ## run every test, those on real clusters included
	@hack/test.sh -p $(P) -count 1 -timeout 60m $$(go list ./... | grep -v '/test/e2e$$\|/test/node$$')
	@hack/test.sh -run '^$$' -fuzz '^FuzzLoad$$' -fuzztime 60s ./internal/config
	@hack/test.sh -p 1 -count 1 -timeout 60m ./test/e2e ./test/node # one cluster at a time

unit: ## run the tests that need neither root nor Docker
	go test -p $(P) ./...

e2e: setup kubectl build images host-image ## run the tests on real clusters only
	@hack/test.sh -p $(P) -count 1 -v -timeout 60m ./test/e2e/...

test-node: test-tools kubectl build images host-image ## run the long tests of phase 2, on hosts of every kind
	@hack/node.sh -v

test-network: setup kubectl build host-image ## prove network layers on clusters: LAYER=flannel, a path, or all
	@hack/network.sh -v

conformance: setup kubectl build host-image ## run Kubernetes' own network tests, write docs/conformance.md
	@hack/conformance.sh -v

test-airgap: setup kubectl build images host-image ## create a cluster where nothing can be downloaded
	ANYWHERE_TEST_AIRGAP=1 go test -count 1 -v -timeout 30m ./test/airgap

test-providers: ## run the clouds' programs against the published providers' own code
	@hack/providers.sh -v

test-live: kubectl build ## make, try and delete a cluster on an account: TARGET=gcp, aws or azure
	ANYWHERE_LIVE=$(or $(TARGET),nothing) go test -count 1 -v -timeout 5h ./test/live/...

bench: setup kubectl build images host-image ## measure clusters against kubeadm's, side by side
	@hack/bench.sh

release: kubectl ## make what is published of VERSION=v1.2.3, signed with KEY=cosign.key
	@hack/release.sh

test-krew: kubectl ## make a release of the last commit, install it by krew, verify it
	ANYWHERE_RELEASE=1 go test -p 1 -count 1 -v -timeout 60m ./internal/release ./test/krew

update: ## write what is generated: schema, reference, pictures, expected screens
	@hack/update.sh

screens: setup kubectl build images host-image ## write docs/screens from a run with a real cluster
	@hack/screens.sh

pin-digests: ## write the digests of addons' images (needs registries)
	@hack/digests.sh

verify: ## check sources: format, vet, staticcheck, errors, known vulnerabilities
	@hack/verify.sh

clean: ## remove what was built here
	rm -rf bin

clean-cache: ## remove built programs and images, too
	rm -rf "$(KUBERNETES_ANYWHERE_CACHE)"
