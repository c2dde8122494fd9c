package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"sort"
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

const (
	chunkNumberMax = 1<<17 - 1
	hashBits       = 64
)

// longList is what a segment says of its long list, and those of its chunks that are held. It never changes.
type longList struct {
	references map[int64]digest
	chunks     map[int64]*listChunk
	// ranges has the chunk of each range of hashes, nil where it is not held; `shift` leaves of a hash the range's index.
	ranges []*listChunk
	shift  uint
}

// listChunk is the keys of one range of hashes.
type listChunk struct {
	digest   digest
	included keyTable
	excluded keyTable
}

// keyTable are keys in 12 bytes each beside their text: found by their hash, then compared as texts.
type keyTable struct {
	hashes []uint64
	ends   []uint32
	text   string
}

func keyTableOf(keys []string) keyTable {
	type hashed struct {
		hash uint64
		key  string
	}
	sorted := make([]hashed, len(keys))
	for index, key := range keys {
		sorted[index] = hashed{values.KeyHash(key), key}
	}
	sort.Slice(sorted, func(left, right int) bool { return sorted[left].hash < sorted[right].hash })
	table := keyTable{hashes: make([]uint64, len(keys)), ends: make([]uint32, len(keys)+1)}
	var text strings.Builder
	for index, each := range sorted {
		text.WriteString(each.key)
		table.hashes[index], table.ends[index+1] = each.hash, uint32(text.Len())
	}
	table.text = text.String()
	return table
}

func (table *keyTable) holds(hash uint64, key string) bool {
	at, end := 0, len(table.hashes)
	for at < end {
		if middle := (at + end) / 2; table.hashes[middle] < hash {
			at = middle + 1
		} else {
			end = middle
		}
	}
	for ; at < len(table.hashes) && table.hashes[at] == hash; at++ {
		if table.text[table.ends[at]:table.ends[at+1]] == key {
			return true
		}
	}
	return false
}

// longListOf has of `held` those chunks that are still named by their digest.
func longListOf(references map[int64]digest, held map[int64]*listChunk) *longList {
	list := &longList{references: references, chunks: map[int64]*listChunk{}}
	for number, chunk := range held {
		if named, ok := references[number]; ok && named == chunk.digest {
			list.chunks[number] = chunk
		}
	}
	depth := 0
	for number := range list.chunks {
		depth = max(depth, bits.Len64(uint64(number))-1)
	}
	list.ranges, list.shift = make([]*listChunk, 1<<depth), hashBits-uint(depth)
	for _, number := range sortedNumbers(list.chunks) {
		level := bits.Len64(uint64(number)) - 1
		below := depth - level
		start := (number - 1<<level) << below
		for index := range int64(1) << below {
			list.ranges[start+index] = list.chunks[number]
		}
	}
	return list
}

func sortedNumbers[Value any](table map[int64]Value) []int64 {
	numbers := make([]int64, 0, len(table))
	for number := range table {
		numbers = append(numbers, number)
	}
	sort.Slice(numbers, func(left, right int) bool { return numbers[left] < numbers[right] })
	return numbers
}

// standing looks a unit up; false where its chunk isn't held: nobody is taken for a member, or for none, by mistake.
func (list *longList) standing(unit string) (listing, bool) {
	hash := values.KeyHash(unit)
	chunk := list.ranges[hash>>list.shift]
	switch {
	case chunk == nil:
		return notListed, false
	case chunk.excluded.holds(hash, unit):
		return isExcluded, true
	case chunk.included.holds(hash, unit):
		return isIncluded, true
	default:
		return notListed, true
	}
}

// missing are the numbers of the chunks that are named and not held.
func (list *longList) missing() []int64 {
	var numbers []int64
	for _, number := range sortedNumbers(list.references) {
		if list.chunks[number] == nil {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// chunkOf reads a chunk's document, whose bytes the digest is of.
func chunkOf(number int64, document []byte) (*listChunk, error) {
	members, err := decoded(document)
	if err != nil {
		return nil, err
	}
	reading := &reading{}
	object := reading.object(members, "")
	if named := object.integer("number"); named != number {
		reading.fail("number", "must be %d", number)
	}
	chunk := &listChunk{
		digest:   sha256.Sum256(document),
		included: keyTableOf(object.optionalTexts("included")),
		excluded: keyTableOf(object.optionalTexts("excluded")),
	}
	if reading.err != nil {
		return nil, reading.err
	}
	return chunk, nil
}

func (reading *reading) longList(value any, path string) map[int64]digest {
	object := reading.object(value, path)
	object.integer("included")
	object.integer("excluded")
	object.digest("digest")
	elements, path := object.optionalList("chunks")
	references := make(map[int64]digest, len(elements))
	for index, element := range elements {
		one := reading.object(element, indexed(path, index))
		number := one.integer("number")
		if number < 1 || number > chunkNumberMax {
			reading.fail(at(one.path, "number"), "must be from 1 to %d", chunkNumberMax)
		}
		references[number] = one.digest("digest")
	}
	return references
}

func (object object) digest(name string) (read digest) {
	text := object.text(name)
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(read) || strings.ToLower(text) != text {
		object.fail(at(object.path, name), "must be 64 hexadecimal digits")
		return read
	}
	copy(read[:], raw)
	return read
}

// withChunk is the segment with one more chunk of its list.
func (held *segment) withChunk(number int64, document []byte) (*segment, error) {
	if held.longList == nil {
		return nil, fmt.Errorf("segment %s has no long list", quoted(held.key))
	}
	wanted, named := held.longList.references[number]
	if !named || digest(sha256.Sum256(document)) != wanted {
		return nil, fmt.Errorf("chunk %d of segment %s is not the one that the segment names", number, quoted(held.key))
	}
	chunk, err := chunkOf(number, document)
	if err != nil {
		return nil, err
	}
	chunks := make(map[int64]*listChunk, len(held.longList.chunks)+1)
	for each, other := range held.longList.chunks {
		chunks[each] = other
	}
	chunks[number] = chunk
	grown := *held
	grown.longList = longListOf(held.longList.references, chunks)
	grown.member = compiler{}.membership(&grown)
	return &grown, nil
}
