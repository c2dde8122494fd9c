package ff_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

type object = edgetest.Object

// hurried is the pace of tests.
func hurried() pace.Pace {
	times := pace.Standard()
	times.RetryFirst, times.RetryMax = time.Millisecond, 20*time.Millisecond
	times.Answer = 2 * time.Second
	times.Silence, times.Return = 200*time.Millisecond, 100*time.Millisecond
	times.Look, times.Usage = 5*time.Millisecond, time.Hour
	return times
}

func TestMain(m *testing.M) {
	pace.Use(hurried())
	os.Exit(m.Run())
}

// journal is a log that tests read.
type journal struct {
	mu    sync.Mutex
	lines []byte
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line...)
	return len(line), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.lines)
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// quiet is a logger that nobody reads.
func quiet() *slog.Logger { return new(journal).logger() }

// client is one of the edge, closed when the test ends.
func client(t testing.TB, edge *edgetest.Edge, edit ...func(*ff.Config)) *ff.Client {
	config := ff.Config{EnvKey: edgetest.Key, Endpoint: edge.URL, Logger: quiet()}
	for _, each := range edit {
		each(&config)
	}
	made := ff.NewClient(config)
	t.Cleanup(func() { _ = made.Close() })
	return made
}

// flags are one of each type.
func flags() object {
	return object{
		"new-feature":  edgetest.Boolean("on"),
		"button-color": edgetest.Flag("string", object{"green": "green", "red": "red"}, "green"),
		"page-size":    edgetest.Flag("integer", object{"small": 10, "large": 9007199254740991}, "large"),
		"discount":     edgetest.Flag("number", object{"none": 0, "half": 0.5, "one": 1}, "one"),
		"theme":        edgetest.Flag("object", object{"dark": object{"background": "black"}, "light": object{}}, "dark"),
	}
}

// flush sends what waits; a test whose events can't be sent does not wait for it.
func flush(c *ff.Client) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return c.Flush(ctx)
}
