package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"sort"
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// condition asks a flag with this one rule.
func (one testCase) condition() (Result, error) {
	segments, chunks, err := one.segments()
	if err != nil {
		return Result{}, err
	}
	document, err := json.Marshal(map[string]any{
		"salt":     "",
		"segments": segments,
		"flags": map[string]any{"case": map[string]any{
			"type": "boolean", "variations": map[string]any{"matched": true, "not-matched": false},
			"off_variation": "not-matched", "default": map[string]any{"variation": "not-matched"},
			"rules": []any{map[string]any{"if": one["condition"], "then": map[string]any{"variation": "matched"}}},
		}},
	})
	if err != nil {
		return Result{}, err
	}
	set, err := engine.FromDocument(document, nil)
	if err != nil {
		return Result{}, err
	}
	for _, each := range chunks {
		if set, err = set.WithChunk(each.segment, each.number, each.document); err != nil {
			return Result{}, err
		}
	}
	one["flag"] = json.RawMessage(`"case"`)
	decision, err := one.decide(set)
	expected, expectedErr := one.plain("expected")
	if err != nil || expectedErr != nil {
		return Result{}, fmt.Errorf("%w%w", err, expectedErr)
	}
	if decision.ErrorCode != "" {
		return one.result(string(decision.ErrorCode), expected)
	}
	return one.result(decision.Reason == engine.TargetingMatch, expected)
}

// keyRule makes the keys of a long list: the prefix with 0, then with each further multiple of the step.
type keyRule struct {
	Prefix string `json:"prefix"`
	Count  int    `json:"count"`
	Step   int    `json:"step"`
}

// listRule makes a long list, so that a case of many keys stays small: chunks of one depth, without those that are missing.
type listRule struct {
	Depth    uint    `json:"depth"`
	Included keyRule `json:"included"`
	Excluded keyRule `json:"excluded"`
	Missing  []int64 `json:"missing"`
}

type chunk struct {
	segment  string
	number   int64
	document []byte
}

// segments are the case's, with the chunks that its `long_lists` make, and the chunks that are there.
func (one testCase) segments() (map[string]map[string]any, []chunk, error) {
	segments := map[string]map[string]any{}
	if one.has("segments") {
		if err := json.Unmarshal(one["segments"], &segments); err != nil {
			return nil, nil, err
		}
	}
	rules := map[string]listRule{}
	if one.has("long_lists") {
		if err := json.Unmarshal(one["long_lists"], &rules); err != nil {
			return nil, nil, err
		}
	}
	var there []chunk
	for key, rule := range rules {
		told, ok := segments[key]["long_list"].(map[string]any)
		if !ok {
			continue
		}
		chunks := rule.chunks(key)
		sum := new(big.Int)
		references := make([]any, 0, len(chunks))
		for _, each := range chunks {
			digest := sha256.Sum256(each.document)
			sum.Add(sum, new(big.Int).SetBytes(digest[:]))
			references = append(references, map[string]any{"number": each.number, "digest": hex.EncodeToString(digest[:])})
			if !rule.misses(each.number) {
				there = append(there, each)
			}
		}
		sum.Mod(sum, new(big.Int).Lsh(big.NewInt(1), 256))
		if fmt.Sprintf("%064x", sum) != told["digest"] {
			return nil, nil, fmt.Errorf("the digest of the long list of %s is another one", key)
		}
		told["chunks"] = references
	}
	return segments, there, nil
}

func (rule listRule) misses(number int64) bool {
	for _, missing := range rule.Missing {
		if missing == number {
			return true
		}
	}
	return false
}

func (rule listRule) chunks(segment string) []chunk {
	included, excluded := rule.Included.byChunk(rule.Depth), rule.Excluded.byChunk(rule.Depth)
	var chunks []chunk
	for number := int64(1) << rule.Depth; number < 2<<rule.Depth; number++ {
		var document strings.Builder
		fmt.Fprintf(&document, `{"number":%d,"included":%s,"excluded":%s}`, number, list(included[number]), list(excluded[number]))
		chunks = append(chunks, chunk{segment, number, []byte(document.String())})
	}
	return chunks
}

func (rule keyRule) byChunk(depth uint) map[int64][]string {
	keys := map[int64][]string{}
	for index := range rule.Count {
		key := fmt.Sprintf("%s%d", rule.Prefix, index*max(rule.Step, 1))
		number := int64(1)<<depth | int64(values.KeyHash(key)>>(64-depth))
		keys[number] = append(keys[number], key)
	}
	return keys
}

// list is sorted JSON without blanks, in which nothing but quotes, backslashes and control characters is escaped.
func list(keys []string) string {
	sort.Strings(keys)
	written := make([]string, len(keys))
	for index, key := range keys {
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(key)
		written[index] = strings.TrimSpace(text.String())
	}
	return "[" + strings.Join(written, ",") + "]"
}
