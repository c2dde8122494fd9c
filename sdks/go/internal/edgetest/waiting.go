package edgetest

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for a condition before it fails.
const patience = 20 * time.Second

// Until waits for a condition.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// Goroutines are the stacks of those that run code of this SDK, but for tests.
func Goroutines() []string {
	space := make([]byte, 4<<20)
	space = space[:runtime.Stack(space, true)]
	var found []string
	for _, each := range bytes.Split(space, []byte("\n\n")) {
		stack := string(each)
		if strings.Contains(stack, "sdk/go") && !strings.Contains(stack, "testing.tRunner") &&
			!strings.Contains(stack, "edgetest") {
			found = append(found, stack)
		}
	}
	return found
}
