package node

import "time"

// Certificate is one certificate of a host.
type Certificate struct {
	// Name is as in Place; of several in one file, the later ones have
	// their place in it too: "ca (2)".
	Name    string `json:"name"`
	File    string `json:"file"`
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	// Authority tells authorities from what they sign.
	Authority bool      `json:"authority,omitempty"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter,omitzero"`
	// DaysLeft are whole days, below zero when it has ended.
	DaysLeft int `json:"daysLeft"`
	// RenewedBy is timer or kubelet; authorities are replaced, not renewed.
	RenewedBy string `json:"renewedBy,omitempty"`
	// SignedBy is the fingerprint of the authority's key that signed it, of
	// those that this host trusts; an authority's is its own.
	SignedBy string `json:"signedBy,omitempty"`
	// Problems are what is wrong with it, each with what to do.
	Problems []string `json:"problems,omitempty"`
}

// Inventory is every certificate of a host, the first to end first.
type Inventory struct {
	Host         string        `json:"host"`
	Role         string        `json:"role"`
	Certificates []Certificate `json:"certificates"`
}
