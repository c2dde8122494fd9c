package ff_test

import (
	"testing"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
)

// benched is a client with a flag that splits by a rule, and one that serves everybody the same.
func benched(b *testing.B) *ff.Client {
	split := edgetest.Boolean("off")
	split["rules"] = []object{{
		"id": "norway", "if": object{"attribute": "country", "operator": "eq", "value": "NO"},
		"then": object{"rollout": object{"variations": []object{{"key": "on", "weight": 50}, {"key": "off", "weight": 50}}}},
	}}
	document := edgetest.Document(1, object{"plain": edgetest.Boolean("on"), "split": split})
	c := ff.NewClient(ff.Config{EnvKey: edgetest.Key, Endpoint: "http://127.0.0.1:9", Bootstrap: document, Logger: quiet()})
	b.Cleanup(func() { _ = c.Close() })
	b.ReportAllocs()
	b.ResetTimer()
	return c
}

func BenchmarkIsEnabledForAText(b *testing.B) {
	for c := benched(b); b.Loop(); {
		c.IsEnabled("plain", "user-1")
	}
}

func BenchmarkIsEnabledForAUserThatIsSplit(b *testing.B) {
	user := ff.User{Key: "user-1", Attributes: object{"country": "NO", "plan": "pro"}}
	for c := benched(b); b.Loop(); {
		c.IsEnabled("split", user)
	}
}

func BenchmarkIsEnabledForAMapThatIsSplit(b *testing.B) {
	user := object{"targetingKey": "user-1", "country": "NO", "plan": "pro"}
	for c := benched(b); b.Loop(); {
		c.IsEnabled("split", user)
	}
}

func BenchmarkDetail(b *testing.B) {
	for c := benched(b); b.Loop(); {
		c.Detail("plain", "user-1", false)
	}
}
