package engine

import (
	"bytes"
	"io"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// sink hands what the backend would print as warnings and errors to Notice.
func (s *Stack) sink() diag.Sink {
	return diag.DefaultSink(io.Discard, noticeWriter(s.options.Notice), diag.FormatOptions{Color: colors.Never})
}

// noticeWriter turns each write into one notice.
type noticeWriter func(string)

var _ io.Writer = noticeWriter(nil)

// Write never fails.
func (w noticeWriter) Write(p []byte) (int, error) {
	if text := strings.TrimSpace(string(bytes.TrimSpace(p))); text != "" {
		w(text)
	}
	return len(p), nil
}
