package ff_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
)

// listing makes an edge serve a flag that asks a long list of one chunk, and gives the chunk's digest.
func listing(t *testing.T, edge *edgetest.Edge, version int, members ...string) (digest string) {
	t.Helper()
	quoted := make([]string, len(members))
	for index, member := range members {
		quoted[index] = `"` + member + `"`
	}
	chunk := fmt.Appendf(nil, `{"number":1,"included":[%s],"excluded":[]}`, strings.Join(quoted, ","))
	digest = fmt.Sprintf("%x", sha256.Sum256(chunk))
	flag := edgetest.Boolean("off")
	flag["rules"] = []object{{"id": "rule", "if": object{"segment": "long"}, "then": object{"variation": "on"}}}
	document := edgetest.Document(version, object{"listed": flag, "new-feature": edgetest.Boolean("on")})
	document["segments"] = object{"long": object{"key": "long", "long_list": object{
		"included": len(members), "excluded": 0, "digest": digest,
		"chunks": []object{{"number": 1, "digest": digest}},
	}}}
	edge.Handle("/v1/segments/long/chunks/1", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(chunk) })
	edge.Put(document)
	return digest
}

// chunkFiles are the names of what is kept.
func chunkFiles(t *testing.T, store string) []string {
	t.Helper()
	found, err := os.ReadDir(filepath.Join(store, "chunks"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, each := range found {
		names = append(names, each.Name())
	}
	return names
}

// kept lets a client fill a store with what the edge serves: a list that has this member.
func kept(t *testing.T, edge *edgetest.Edge, store, member string) {
	t.Helper()
	c := client(t, edge, func(config *ff.Config) { config.Store = store })
	edgetest.Until(t, "the list is whole", func() bool { return c.IsEnabled("listed", member) })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheStoreHasChunksOfLongLists(t *testing.T) {
	edge, store := edgetest.New(t, object{}), t.TempDir()
	digest := listing(t, edge, 1, "ann")
	kept(t, edge, store, "ann")
	if found := chunkFiles(t, store); !slices.Equal(found, []string{digest}) {
		t.Errorf("kept: %v", found)
	}
	asked := len(edge.Requests("/v1/segments/long/chunks/1"))
	again := client(t, edge, func(config *ff.Config) { config.Store, config.Offline = store, true })
	if !again.IsEnabled("listed", "ann") || again.IsEnabled("listed", "bob") {
		t.Error("the list is not used")
	}
	kept(t, edge, store, "ann")
	if more := len(edge.Requests("/v1/segments/long/chunks/1")); asked != 1 || more != asked {
		t.Errorf("the chunk was asked for %d times, then %d", asked, more)
	}
}

func TestADamagedOrMissingChunkIsNobodysMember(t *testing.T) {
	edge, store := edgetest.New(t, object{}), t.TempDir()
	path := filepath.Join(store, "chunks", listing(t, edge, 1, "ann"))
	kept(t, edge, store, "ann")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func() error{
		"cut": func() error { return os.WriteFile(path, whole[:len(whole)-1], 0o600) },
		"another": func() error {
			return os.WriteFile(path, []byte(`{"number":1,"included":["bob"],"excluded":[]}`), 0o600)
		},
		"missing": func() error { return os.Remove(path) },
		"folder":  func() error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, whole, 0o600), harm()); err != nil {
				t.Fatal(err)
			}
			log := new(journal)
			c := client(t, edge, func(config *ff.Config) { config.Store, config.Offline, config.Logger = store, true, log.logger() })
			for _, user := range []string{"ann", "bob"} {
				if detail := c.Detail("listed", user, false); detail.ErrorCode != "PARSE_ERROR" {
					t.Errorf("%s: %+v", user, detail)
				}
			}
			if !c.IsEnabled("new-feature", "ann") {
				t.Error("other flags are not served")
			}
			if told := strings.Contains(log.String(), "a stored chunk is passed over"); told == (name == "missing") {
				t.Errorf("logged %s", log)
			}
		})
	}
	if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, whole[1:], 0o600)); err != nil {
		t.Fatal(err)
	}
	kept(t, edge, store, "ann")
	if mended, err := os.ReadFile(path); err != nil || string(mended) != string(whole) {
		t.Errorf("kept: %s, %v", mended, err)
	}
}

func TestChunksThatNeitherFileNamesAreDeleted(t *testing.T) {
	edge, store := edgetest.New(t, object{}), t.TempDir()
	folder := filepath.Join(store, "chunks")
	left := "." + strings.Repeat("0", 64) + "-17"
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{left, "README"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var digests []string
	for version := 1; version <= 4; version++ {
		newcomer := fmt.Sprintf("newcomer-%d", version)
		digests = append(digests, listing(t, edge, version, "ann", newcomer))
		kept(t, edge, store, newcomer)
	}
	expected := append([]string{"README"}, digests[2:]...)
	found := chunkFiles(t, store)
	slices.Sort(expected)
	slices.Sort(found)
	if !slices.Equal(found, expected) {
		t.Errorf("kept: %v instead of %v", found, expected)
	}
}
