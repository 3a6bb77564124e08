package timeline

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestTimeline_SurvivesBeingWrittenAndRead(t *testing.T) {
	first := came(2).Timeline(nil)
	data, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	var second Timeline
	if err := json.Unmarshal(data, &second); err != nil {
		t.Fatal(err)
	}
	if string(first.SVG()) != string(second.SVG()) {
		t.Error("the picture of what was read is another one")
	}
}

// TestPicture_OfTheDocumentationIsUpToDate draws a run that was recorded by
// 'create --timeline anywhere.json' on the local target.
func TestPicture_OfTheDocumentationIsUpToDate(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "anywhere.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded Timeline
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	want, path := recorded.SVG(), filepath.Join("..", "..", "..", "docs", "pictures", "timeline.svg")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(want) {
		t.Errorf("%s is out of date: type 'make update' (%v)", path, err)
	}
}

// TestSVG_CanBeLookedAt writes pictures to the folder that ANYWHERE_PICTURES
// names, to be looked at.
func TestSVG_CanBeLookedAt(t *testing.T) {
	to := os.Getenv("ANYWHERE_PICTURES")
	if to == "" {
		t.Skip("ANYWHERE_PICTURES names no folder to write to")
	}
	for _, workers := range []int{0, 2, 2000} {
		picture := came(workers).Timeline(nil).SVG()
		if err := os.WriteFile(filepath.Join(to, fmt.Sprintf("timeline-%d.svg", workers)), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
