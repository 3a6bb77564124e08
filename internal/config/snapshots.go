package config

import (
	"fmt"
	"time"
)

// What snapshots are taken where the config says nothing: two days of them.
const (
	DefaultSnapshotEvery = 6 * time.Hour
	DefaultSnapshotKeep  = 8
)

// Bounds of what can be asked for.
const (
	leastSnapshotEvery = 10 * time.Minute
	mostSnapshotEvery  = 7 * 24 * time.Hour
	mostSnapshotKeep   = 1000
)

// Snapshots are the copies of etcd's data that each control plane takes of
// itself, on its own disk.
type Snapshots struct {
	// Every is the time between two, such as 6h, from 10m to 168h; 0 takes
	// none. Default: 6h.
	Every string `json:"every,omitempty"`
	// Keep is how many of the newest stay. Default: 8.
	Keep int `json:"keep,omitempty" minimum:"1" maximum:"1000"`
}

// Interval is the time between two snapshots, zero where none are taken. Of a
// config that is not valid it is the default.
func (s Snapshots) Interval() time.Duration {
	if s.Every == "" {
		return DefaultSnapshotEvery
	}
	every, err := time.ParseDuration(s.Every)
	if err != nil {
		return DefaultSnapshotEvery
	}
	return every
}

// Kept is how many of the newest snapshots stay.
func (s Snapshots) Kept() int {
	if s.Keep == 0 {
		return DefaultSnapshotKeep
	}
	return s.Keep
}

func (f *findings) snapshots(path string, s Snapshots) {
	fix := "write a time from 10m to 168h, such as 6h, or 0 for none"
	every, err := time.ParseDuration(s.Every)
	switch {
	case s.Every == "":
	case err != nil:
		f.add(path+".every", fix, "%q is no time", s.Every)
	case every != 0 && (every < leastSnapshotEvery || every > mostSnapshotEvery):
		f.add(path+".every", fix, "%s is out of bounds", s.Every)
	}
	if s.Keep < 0 || s.Keep > mostSnapshotKeep {
		f.add(path+".keep", fmt.Sprintf("write a number from 1 to %d", mostSnapshotKeep), "%d is out of bounds", s.Keep)
	}
}
