package engine

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

func chunkDocument(number int64, included string) (document []byte, digest string) {
	document = fmt.Appendf(nil, `{"number":%d,"included":[%s],"excluded":[]}`, number, included)
	return document, fmt.Sprintf("%x", sha256.Sum256(document))
}

func listed(chunks ...string) string {
	text := ""
	for index, digest := range chunks {
		text += fmt.Sprintf(`, {"number": %d, "digest": "%s"}`, index+2, digest)
	}
	return `{"included": 2, "excluded": 0, "digest": "` + chunks[0] + `", "chunks": [` + text[2:] + `]}`
}

func TestChunksAreNamedUntilTheyAreHeld(t *testing.T) {
	// The half of the hashes that a key stands in is the chunk's last bit.
	chunkOf := func(key string) int64 { return 2 + int64(values.KeyHash(key)>>63) }
	keys := map[int64]string{}
	for number := 0; len(keys) < 2; number++ {
		key := fmt.Sprintf("user-%d", number)
		keys[chunkOf(key)] = key
	}
	left, leftDigest := chunkDocument(2, `"`+keys[2]+`"`)
	right, rightDigest := chunkDocument(3, `"`+keys[3]+`"`)
	set := read(t, `{"salt": "", "flags": {"asks": `+flagOf(onlyPro)+`}, "segments": {"pro": {"long_list": `+listed(leftDigest, rightDigest)+`}}}`, nil)

	if missing := set.MissingChunks(); !slices.Equal(missing, []Chunk{{"pro", 2, leftDigest}, {"pro", 3, rightDigest}}) {
		t.Fatalf("missing: %+v", missing)
	}
	if _, err := set.WithChunk("pro", 2, right); err == nil {
		t.Error("a chunk with another digest was taken")
	}
	if _, err := set.WithChunk("nobody", 2, left); err == nil {
		t.Error("a chunk of no segment was taken")
	}
	half, err := set.WithChunk("pro", 2, left)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(set *FlagSet, key string) string {
		decision := set.Evaluate("asks", map[string]any{"targetingKey": key}, 0)
		return decision.Variation + string(decision.ErrorCode)
	}
	if found := ask(half, keys[2]); found != "b" {
		t.Errorf("a member of the chunk that is here: %s", found)
	}
	if found := ask(half, keys[3]); found != "PARSE_ERROR" {
		t.Errorf("a key of the other chunk: %s", found)
	}
	if changed := half.ChangedSince(set); !slices.Equal(changed, []string{"asks"}) {
		t.Errorf("changed: %q", changed)
	}
	whole, err := half.WithChunk("pro", 3, right)
	if err != nil {
		t.Fatal(err)
	}
	if found := ask(whole, keys[3]); found != "b" || len(whole.MissingChunks()) > 0 {
		t.Errorf("with both: %s, missing %+v", found, whole.MissingChunks())
	}

	empty, emptyDigest := chunkDocument(3, "")
	next := with(t, whole, `{"version": 2, "segments": {"pro": {"long_list": `+listed(leftDigest, emptyDigest)+`}}}`)
	if missing := next.MissingChunks(); !slices.Equal(missing, []Chunk{{"pro", 3, emptyDigest}}) {
		t.Fatalf("after an edit of one chunk: %+v", missing)
	}
	next, err = next.WithChunk("pro", 3, empty)
	if err != nil {
		t.Fatal(err)
	}
	if found := ask(next, keys[3]) + ask(next, keys[2]); found != "ab" {
		t.Errorf("after the edit: %s", found)
	}
}
