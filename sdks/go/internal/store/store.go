// Package store keeps the last configuration in a folder, with the chunks of its long lists, so that a start without an edge has one.
package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/wall"
)

const (
	format   = 1
	current  = "config.json"
	previous = "config.json.previous"
	fileMax  = 128 << 20
)

// Kept is a configuration as it was kept: the document, and what an edge called it.
type Kept struct {
	Document       []byte
	ETag, StreamID string
}

// head is the first line of a file.
type head struct {
	Format    int    `json:"format"`
	KeySHA256 string `json:"key_sha256"`
	ETag      string `json:"etag"`
	StreamID  string `json:"stream_id"`
	SHA256    string `json:"sha256"`
	SavedAt   int64  `json:"saved_at"`
}

// Folder keeps what one SDK key opens.
type Folder struct {
	path, key string
}

// New is a folder for a key; it is made when something is kept for the first time.
func New(path, key string) *Folder { return &Folder{path, digest([]byte(key))} }

// Load is the newest configuration that is whole and of this key; nil without one. Errors say what was passed over.
func (f *Folder) Load() (*Kept, error) {
	var passed []error
	for _, name := range []string{current, previous} {
		kept, err := f.read(name)
		if err == nil {
			return kept, errors.Join(passed...)
		}
		if !errors.Is(err, os.ErrNotExist) {
			passed = append(passed, err)
		}
	}
	return nil, errors.Join(passed...)
}

func (f *Folder) read(name string) (*Kept, error) {
	path := filepath.Join(f.path, name)
	content, err := readFile(path)
	if err != nil {
		return nil, err
	}
	line, document, found := bytes.Cut(content, []byte{'\n'})
	var told head
	switch {
	case !found || json.Unmarshal(line, &told) != nil:
		return nil, fmt.Errorf("%s is damaged", path)
	case told.Format != format:
		return nil, fmt.Errorf("%s has another format", path)
	case told.KeySHA256 != f.key:
		return nil, fmt.Errorf("%s is of another SDK key", path)
	case told.SHA256 != digest(document):
		return nil, fmt.Errorf("%s is damaged", path)
	}
	return &Kept{document, told.ETag, told.StreamID}, nil
}

// readFile reads a file that is not larger than any of a store.
func readFile(path string) ([]byte, error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if about.Size() > fileMax {
		return nil, fmt.Errorf("%s is too large", path)
	}
	return os.ReadFile(path)
}

// Save keeps a configuration: written beside, synced, renamed. What was kept before stays as the previous one.
func (f *Folder) Save(kept Kept, now time.Time) error {
	line, err := json.Marshal(head{format, f.key, kept.ETag, kept.StreamID, digest(kept.Document), wall.Milliseconds(now)})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return err
	}
	written, err := write(f.path, current, line, []byte{'\n'}, kept.Document)
	if err != nil {
		return err
	}
	path := filepath.Join(f.path, current)
	if err := os.Rename(path, filepath.Join(f.path, previous)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, os.Remove(written))
	}
	if err := os.Rename(written, path); err != nil {
		return err
	}
	return syncFolder(f.path)
}

// write makes a file beside the one of this name that has all pieces, and gives its path.
func write(folder, name string, pieces ...[]byte) (string, error) {
	file, err := os.CreateTemp(folder, "."+name+"-*")
	if err != nil {
		return "", err
	}
	for _, piece := range pieces {
		if _, err := file.Write(piece); err != nil {
			return "", errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// syncFolder makes the renaming outlast a power cut, where the system can.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = folder.Sync()
	return folder.Close()
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
