package events

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// exposedTextMax and exposedListMax are the longest text and list that an exposure carries.
	exposedTextMax = 256
	exposedListMax = 20
)

// privacy is what events may tell of a user.
type privacy struct {
	private map[string]bool
	secret  []byte
}

func newPrivacy(names []string, secret string) privacy {
	made := privacy{private: map[string]bool{}}
	for _, name := range names {
		made.private[name] = true
	}
	if secret != "" {
		made.secret = []byte(secret)
	}
	return made
}

// key is a user key or unit key as events have it.
func (p privacy) key(key string) string {
	if p.secret == nil {
		return key
	}
	code := hmac.New(sha256.New, p.secret)
	code.Write([]byte(key))
	return hex.EncodeToString(code.Sum(nil))
}

// tooLong says whether a user's key is longer than an ingestor takes.
func (p privacy) tooLong(key string) bool { return p.secret == nil && tooLong(key, textMax) }

// hides says whether an attribute is private, or a part of one.
func (p privacy) hides(name string) bool {
	for {
		if p.private[name] {
			return true
		}
		end := strings.LastIndexByte(name, '.')
		if end < 0 {
			return false
		}
		name = name[:end]
	}
}

// without is an object without what is private in it.
func (p privacy) without(properties map[string]any) map[string]any {
	if len(p.private) == 0 {
		return properties
	}
	return p.kept(properties, "")
}

func (p privacy) kept(object map[string]any, path string) map[string]any {
	left := make(map[string]any, len(object))
	for name, value := range object {
		if p.hides(path + name) {
			continue
		}
		if inner, ok := value.(map[string]any); ok {
			value = p.kept(inner, path+name+".")
		}
		left[name] = value
	}
	return left
}

// exposed are the attributes that are named, as they stand in the context: what is found by a path stays inside its objects. What
// is missing, private, an object, or longer than the limits is left out.
func (p privacy) exposed(context map[string]any, names ...[]string) map[string]any {
	found := map[string]any{}
	for _, name := range slices.Concat(names...) {
		if p.hides(name) || (p.secret != nil && name == targetingKey) {
			continue
		}
		path := []string{name}
		if _, flat := context[name]; !flat {
			path = strings.Split(name, ".")
		}
		value := lookup(context, name)
		if !isPlain(value) {
			continue
		}
		put(found, path, value)
	}
	return found
}

const targetingKey = "targetingKey"

func put(into map[string]any, path []string, value any) {
	for _, step := range path[:len(path)-1] {
		inside, ok := into[step].(map[string]any)
		if !ok {
			inside = map[string]any{}
			into[step] = inside
		}
		into = inside
	}
	into[path[len(path)-1]] = value
}

func isPlain(value any) bool {
	list, ok := value.([]any)
	if !ok {
		return isScalar(value)
	}
	if len(list) > exposedListMax {
		return false
	}
	for _, each := range list {
		if each != nil && !isScalar(each) {
			return false
		}
	}
	return true
}

func isScalar(value any) bool {
	switch value := value.(type) {
	case string:
		return utf8.RuneCountInString(value) <= exposedTextMax
	case bool, int64, json.Number, float64:
		return true
	}
	return false
}
