package baremetal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bootstrapImage sees to the image of phase 2 in the container engine. Where
// there is no archive, the engine pulls it.
func (m *making) bootstrapImage(ctx context.Context) error {
	archive := m.Small
	if archive == "" {
		archive = m.Archive
	}
	if archive == "" {
		return nil
	}
	sum, size, err := m.sums.of(archive)
	if err != nil {
		if _, here := script(ctx, m.on, hasImageScript, nil, m.found.engine(), m.Image); here == nil {
			return nil // as at a deletion, when the archive may be gone
		}
		return err
	}
	if m.found.loaded == sum {
		if _, err := script(ctx, m.on, hasImageScript, nil, m.found.engine(), m.Image); err == nil {
			return nil
		}
	}
	if m.Small == "" {
		if err := m.imageArchive(ctx); err != nil {
			return err
		}
		m.say("loading the bootstrap image")
		_, err = script(ctx, m.on, loadHereScript, nil, m.found.engine(), sum)
		return loading(err)
	}
	file, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("opening the archive of the bootstrap image: %w", err)
	}
	defer func() { _ = file.Close() }()
	_, err = script(ctx, m.on, loadScript, m.telling(file, 0, size, "loading the bootstrap image"), m.found.engine(), sum)
	return loading(err)
}

func loading(err error) error {
	if err != nil {
		return fmt.Errorf("loading the bootstrap image: %w", err)
	}
	return nil
}

// imageArchive puts the archive of all images on the host, for containerd. An
// upload that broke off goes on where it did.
func (m *making) imageArchive(ctx context.Context) error {
	if m.Archive == "" {
		return nil
	}
	sum, size, err := m.sums.of(m.Archive)
	if err != nil {
		return err
	}
	out, err := script(ctx, m.on, archiveScript, nil, sum)
	if err != nil {
		return fmt.Errorf("looking for the archive of images on it: %w", err)
	}
	there := strings.TrimSpace(out)
	if there == "whole" {
		return nil
	}
	done, err := strconv.ParseInt(there, 10, 64)
	if err != nil || done > size {
		return fmt.Errorf("looking for the archive of images on it: it says %q; remove %s.part there", there, archivePath)
	}
	if free := m.found.roomKiB << 10; m.found.roomIsKnown && size-done > free {
		return fmt.Errorf("writing %s: its disk has %d MB of room, and %d MB are missing of the archive; make room below /var", archivePath, free>>20, (size-done)>>20)
	}
	return m.upload(ctx, sum, done, size)
}

func (m *making) upload(ctx context.Context, sum string, done, size int64) error {
	file, err := os.Open(m.Archive)
	if err != nil {
		return fmt.Errorf("opening the archive of images: %w", err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(done, io.SeekStart); err != nil {
		return fmt.Errorf("reading the archive of images: %w", err)
	}
	if _, err := script(ctx, m.on, appendScript, m.telling(file, done, size, "uploading images")); err != nil {
		return fmt.Errorf("writing %s: %w; run this again, it goes on where it stopped", archivePath, err)
	}
	if _, err := script(ctx, m.on, finishScript, nil, sum); err != nil {
		return fmt.Errorf("checking %s: %w, not %s; run this again", archivePath, err, sum)
	}
	return nil
}

// telling reads on and says every few seconds how far it is.
func (m *making) telling(from io.Reader, done, size int64, what string) io.Reader {
	m.say("%s (%d MB)", what, (size-done)>>20)
	return &teller{Reader: from, done: done, next: time.Now().Add(tellEvery), tell: func(done int64) {
		m.say("%s: %d of %d MB", what, done>>20, size>>20)
	}}
}

const tellEvery = 5 * time.Second

// teller is a reader that says how far it is.
type teller struct {
	io.Reader
	done int64
	next time.Time
	tell func(done int64)
}

// Read reads on.
func (t *teller) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.done += int64(n)
	if now := time.Now(); now.After(t.next) {
		t.next = now.Add(tellEvery)
		t.tell(t.done)
	}
	return n, err
}

// sums are the digests of archives on this machine, each worked out once.
type sums struct {
	mu    sync.Mutex
	known map[string]summed
}

type summed struct {
	sum  string
	size int64
}

// of is the SHA-256 and the size of a file.
func (s *sums) of(path string) (string, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, found := s.known[path]; found {
		return known.sum, known.size, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("opening the archive of images: %w", err)
	}
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", 0, fmt.Errorf("reading the archive of images: %w", err)
	}
	if s.known == nil {
		s.known = map[string]summed{}
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	s.known[path] = summed{sum, size}
	return sum, size, nil
}
