package ffopenfeature

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/open-feature/go-sdk/openfeature"
)

// InMemoryProvider is for tests: flags with rules said in the program, decided by the same engine, without an edge. Nothing is sent.
//
//	provider := ffopenfeature.NewInMemoryProvider()
//	provider.Flag("new-checkout", nil).Serve("on", map[string]any{"country": "NO"}).Otherwise("off")
type InMemoryProvider struct {
	answers

	mu     sync.Mutex
	flags  map[string]any
	client *ff.Client
}

var _ openfeature.FeatureProvider = (*InMemoryProvider)(nil)

// NewInMemoryProvider has no flags yet.
func NewInMemoryProvider() *InMemoryProvider {
	made := &InMemoryProvider{flags: map[string]any{}}
	made.answers = answers{made.current}
	return made
}

// Metadata has the provider's name.
func (p *InMemoryProvider) Metadata() openfeature.Metadata {
	return openfeature.Metadata{Name: Name + " in memory"}
}

// Hooks are none.
func (p *InMemoryProvider) Hooks() []openfeature.Hook { return nil }

// current is a client of the flags as they are said now.
func (p *InMemoryProvider) current() *ff.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client == nil {
		p.client = ff.NewClient(ff.Config{Offline: true, Bootstrap: map[string]any{
			"schema_version": 1, "algorithm": "sha256-10000-v1", "salt": "in-memory", "version": 1, "flags": p.flags,
		}})
	}
	return p.client
}

// FlagRules is a flag of an InMemoryProvider. Its methods change it and give it back.
type FlagRules struct {
	provider *InMemoryProvider
	document map[string]any
}

// Flag makes a flag, or makes it anew. Its variations are by key and of one type; nil is on and off, a boolean flag. Until
// Otherwise says something else it serves `off`, or the first of its variations in alphabetical order.
func (p *InMemoryProvider) Flag(key string, variations map[string]any) *FlagRules {
	if variations == nil {
		variations = map[string]any{"on": true, "off": false}
	}
	keys := slices.Sorted(maps.Keys(variations))
	first := "off"
	if _, named := variations[first]; !named && len(keys) > 0 {
		first = keys[0]
	}
	made := &FlagRules{p, map[string]any{
		"key": key, "type": typeOf(variations[first]), "variations": variations, "off_variation": first,
		"default": serve(first), "enabled": true, "version": 1, "rules": []any{}, "targets": []any{},
	}}
	return made.changed(func() { p.flags[key] = made.document })
}

func typeOf(value any) string {
	switch value.(type) {
	case bool:
		return "boolean"
	case string:
		return "string"
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return "integer"
	case float32, float64:
		return "number"
	default:
		return "object"
	}
}

func serve(variation string) map[string]any { return map[string]any{"variation": variation} }

// changed makes the next evaluation see what edit does.
func (f *FlagRules) changed(edit func()) *FlagRules {
	f.provider.mu.Lock()
	defer f.provider.mu.Unlock()
	edit()
	if f.provider.client != nil {
		_ = f.provider.client.Close()
		f.provider.client = nil
	}
	return f
}

// Serve serves a variation to those who have all of these attributes; a slice of values means any of them. Of several
// rules the first that matches decides.
func (f *FlagRules) Serve(variation string, when map[string]any) *FlagRules {
	conditions := []any{}
	for _, name := range slices.Sorted(maps.Keys(when)) {
		operator := "eq"
		switch when[name].(type) {
		case []any, []string, []int:
			operator = "in"
		}
		conditions = append(conditions, map[string]any{"attribute": name, "operator": operator, "value": when[name]})
	}
	return f.changed(func() {
		rules := f.document["rules"].([]any)
		f.document["rules"] = append(rules, map[string]any{
			"id": fmt.Sprintf("rule-%d", len(rules)+1), "if": map[string]any{"and": conditions}, "then": serve(variation),
		})
	})
}

// ServeTo serves a variation to some targeting keys, before all rules.
func (f *FlagRules) ServeTo(variation string, keys ...string) *FlagRules {
	return f.changed(func() {
		for _, key := range keys {
			target := map[string]any{"key": key, "variation": variation}
			f.document["targets"] = append(f.document["targets"].([]any), target)
		}
	})
}

// Otherwise serves a variation to everybody else.
func (f *FlagRules) Otherwise(variation string) *FlagRules {
	return f.changed(func() { f.document["default"] = serve(variation) })
}

// Off disables the flag: it serves this variation to everybody.
func (f *FlagRules) Off(variation string) *FlagRules {
	return f.changed(func() { f.document["enabled"], f.document["off_variation"] = false, variation })
}
