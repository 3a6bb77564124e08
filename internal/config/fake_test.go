package config

import "fmt"

// fakeBlock stands for the blocks of targets, which live in their packages.
type fakeBlock struct {
	APIPort int         `json:"apiPort,omitempty"`
	Private *bool       `json:"private,omitempty"`
	Disk    *fakeDisk   `json:"disk,omitempty"`
	Mounts  []fakeMount `json:"mounts,omitempty"`
}

type fakeDisk struct {
	Size  uint16  `json:"size,omitempty"`
	Share float64 `json:"share,omitempty"`
}

type fakeMount struct {
	Path string `json:"path" required:"true" example:"/data"`
}

func (b *fakeBlock) Default(*Cluster) {
	if b.APIPort == 0 {
		b.APIPort = 6443
	}
}

func (b *fakeBlock) Validate(c *Cluster) []FieldProblem {
	var problems []FieldProblem
	if b.APIPort < 1 || b.APIPort > 65535 {
		problems = append(problems, FieldProblem{"apiPort", fmt.Sprintf("%d is not a port", b.APIPort), "write 1 to 65535"})
	}
	for i, mount := range b.Mounts {
		if mount.Path != "" && mount.Path[0] != '/' {
			problems = append(problems, FieldProblem{fmt.Sprintf("mounts[%d].path", i), "is not absolute", "write /" + mount.Path})
		}
	}
	return problems
}

func (b *fakeBlock) DualStack() bool { return true }

// oneFamilyBlock is of a target whose hosts have IPv4 addresses only.
type oneFamilyBlock struct{}

func (oneFamilyBlock) Default(*Cluster)                 {}
func (oneFamilyBlock) Validate(*Cluster) []FieldProblem { return nil }

// fakeBlocks are two registered targets.
func fakeBlocks() map[string]func() Block {
	return map[string]func() Block{
		"local": func() Block { return &fakeBlock{} },
		"gcp":   func() Block { return &fakeBlock{} },
	}
}
