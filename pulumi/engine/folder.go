package engine

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
)

// FolderURL is the URL of a backend that is a folder of this machine. On
// Windows it is file://C:/folder, as Pulumi writes it.
func FolderURL(folder string) string {
	return diy.FilePathPrefix + filepath.ToSlash(folder)
}

// Folder is the folder of a backend that is one of this machine.
func Folder(backendURL string) (string, bool) {
	rest, ok := strings.CutPrefix(backendURL, diy.FilePathPrefix)
	if !ok {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "?")
	if unescaped, err := url.PathUnescape(rest); err == nil {
		rest = unescaped
	}
	// file:///C:/folder is what a browser would write.
	if drive := strings.TrimPrefix(rest, "/"); filepath.VolumeName(drive) != "" {
		rest = drive
	}
	return filepath.FromSlash(rest), true
}

// storeURL is the URL that a backend is opened with. In a folder, each object
// would have a second file of attributes that nobody needs. It is not written
// in one go: a run that reads or is killed at that moment finds half a file,
// and from then on the state cannot be read.
func storeURL(backendURL string) string {
	folder, ok := Folder(backendURL)
	if !ok {
		return backendURL
	}
	at, query, _ := strings.Cut(backendURL, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return backendURL
	}
	if filepath.VolumeName(folder) != "" {
		at = FolderURL(folder)
	}
	values.Set("metadata", "skip")
	return at + "?" + values.Encode()
}

// bucketURL is storeURL for who opens it without Pulumi, which wants a slash
// before a drive.
func bucketURL(backendURL string) string {
	at := storeURL(backendURL)
	if folder, ok := Folder(backendURL); ok && filepath.VolumeName(folder) != "" {
		return diy.FilePathPrefix + "/" + strings.TrimPrefix(at, diy.FilePathPrefix)
	}
	return at
}
