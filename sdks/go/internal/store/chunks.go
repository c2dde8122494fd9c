package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

const chunks = "chunks"

// ours is a chunk, or what a process that was killed has left of one.
var ours = regexp.MustCompile(`^\.?[0-9a-f]{64}(-[0-9]+)?$`)

// Chunk is a kept chunk of a long list by its digest, nil where it isn't kept. One that is damaged is an error.
func (f *Folder) Chunk(name string) ([]byte, error) {
	content, err := readFile(filepath.Join(f.path, chunks, name))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case digest(content) != name:
		return nil, fmt.Errorf("the stored chunk %s is damaged", name)
	}
	return content, nil
}

// SaveChunks keeps chunks by their digests.
func (f *Folder) SaveChunks(fresh map[string][]byte) error {
	if len(fresh) == 0 {
		return nil
	}
	folder := filepath.Join(f.path, chunks)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, content := range fresh {
		written, err := write(folder, name, content)
		if err != nil {
			return err
		}
		// Another process that shares the folder may have tidied it up.
		if err := os.Rename(written, filepath.Join(folder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return errors.Join(err, os.Remove(written))
		}
	}
	return syncFolder(folder)
}

// ForgetChunks deletes those that aren't named.
func (f *Folder) ForgetChunks(named func(digest string) bool) error {
	folder := filepath.Join(f.path, chunks)
	files, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	failed := []error{err}
	for _, file := range files {
		if named(file.Name()) || !ours.MatchString(file.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, file.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
