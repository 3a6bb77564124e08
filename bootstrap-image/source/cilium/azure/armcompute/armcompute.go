// Package armcompute stands in for the Azure client that cilium's operator
// imports under the build tag ipam_provider_azure, which is not built here: no
// program has this package. It is there for 'go mod tidy', which looks behind
// every tag.
package armcompute
