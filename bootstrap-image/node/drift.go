package node

// Drift is what on a host is not as the last apply left it.
type Drift struct {
	Host string `json:"host"`
	// Compared is how many files and links were looked at.
	Compared int         `json:"compared"`
	Files    []FileDrift `json:"files"`
}

// FileDrift is one file or link of a host that somebody changed.
type FileDrift struct {
	Path string `json:"path"`
	// What differs: "is missing", "content", "mode" or "link".
	What string `json:"what"`
	// Wanted and Is are digests of contents, modes, or where a link leads.
	Wanted string `json:"wanted,omitempty"`
	Is     string `json:"is,omitempty"`
}
