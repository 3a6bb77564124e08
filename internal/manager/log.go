package manager

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// log writes one line an event, and repeats nothing that has not changed.
type log struct {
	w    io.Writer
	now  func() time.Time
	mu   sync.Mutex
	last map[string]string
}

func (l *log) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(fmt.Sprintf(format, args...))
}

// once writes a line about a topic unless it was the last said about it, and
// tells whether it did.
func (l *log) once(topic, format string, args ...any) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if l.last[topic] == text {
		return false
	}
	if l.last == nil {
		l.last = map[string]string{}
	}
	l.last[topic] = text
	l.line(topic + ": " + text)
	return true
}

// forget lets the next line about a topic be written whatever it says.
func (l *log) forget(topic string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.last, topic)
}

func (l *log) line(text string) {
	if l.w == nil {
		return
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	fmt.Fprintf(l.w, "%s %s\n", l.now().UTC().Format("2006-01-02T15:04:05.000Z"), text)
}
