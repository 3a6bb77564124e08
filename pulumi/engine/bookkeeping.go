package engine

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// isBookkeeping tells the resources that Pulumi keeps for itself: the stack
// and its providers.
func isBookkeeping(kind string) bool {
	return kind == string(tokens.RootStackType) || strings.HasPrefix(kind, providerType)
}

// providerType begins the type of every provider.
const providerType = "pulumi:providers:"

// isStack tells whether a URN is the stack's own.
func isStack(of string) bool {
	return typeOf(of) == string(tokens.RootStackType)
}

// typeOf is the type a URN holds.
func typeOf(of string) string {
	return string(urn.URN(of).Type())
}
