package ff

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/edge"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

// Config says how a client works. EnvKey and one of Endpoint and Endpoints are needed; of everything else the zero value
// is the default.
type Config struct {
	// EnvKey is the SDK key of an environment, a server key.
	EnvKey string
	// Endpoint is the edge's address. Endpoints are further ones, asked in their order when one fails.
	Endpoint  string
	Endpoints []string
	// EventsEndpoint is the ingestor's address. By default the one that the edge names, or the edge, which passes
	// events on.
	EventsEndpoint string

	// StartWait is how long NewClient waits for a configuration: 5 s by default, NoWait for not at all.
	StartWait time.Duration
	// Bootstrap is a config document that is used until the edge has answered: the path of a file (a string), its
	// bytes, or whatever encoding/json makes one of.
	Bootstrap any
	// Store is a folder that keeps the last configuration for the next start.
	Store string
	// Offline: nothing is ever sent or fetched; what is evaluated is the bootstrap or the store.
	Offline bool

	// Polling is how changes come.
	Polling Polling
	// PollInterval is between two polls, 30 s by default.
	PollInterval time.Duration

	// Exposures says which evaluations are told as exposures.
	Exposures Exposures
	// NoUsage: evaluations are not counted.
	NoUsage bool
	// PrivateAttributes are names that never leave the process.
	PrivateAttributes []string
	// HashKeysWith is a secret: user and unit keys in events are HMAC-SHA-256(secret, key) in hex.
	HashKeysWith string
	// QueueSize (10,000) events may wait at most; they leave in batches of BatchSize (500), or after FlushInterval (5 s).
	QueueSize, BatchSize int
	FlushInterval        time.Duration

	// Logger is slog's default one by default.
	Logger *slog.Logger
	// Transport sends all requests, for proxies and certificates of your own. By default it is one like
	// http.DefaultTransport that this client shares with nobody.
	Transport http.RoundTripper
}

// NoWait as StartWait: NewClient does not wait for a configuration.
const NoWait time.Duration = -1

// Polling is how changes come.
type Polling string

// The values of Polling.
const (
	// PollAuto streams, and polls where streams can't pass.
	PollAuto Polling = "auto"
	// PollAlways never streams.
	PollAlways Polling = "always"
)

// Exposures says which evaluations are told as exposures.
type Exposures string

// The values of Exposures.
const (
	// ExposeAutomatic tells those that count in an experiment, and those of flags that ask for it.
	ExposeAutomatic Exposures = "automatic"
	// ExposeManual tells only what TrackExposure says.
	ExposeManual Exposures = "manual"
	// ExposeOff tells none.
	ExposeOff Exposures = "off"
)

// batchMax is how many events an ingestor takes at once.
const batchMax = 5000

// completed has the defaults for what isn't said.
func (c Config) completed() Config {
	c.StartWait = orDefault(c.StartWait, 5*time.Second)
	c.Polling = orDefault(c.Polling, PollAuto)
	c.PollInterval = orDefault(c.PollInterval, 30*time.Second)
	c.Exposures = orDefault(c.Exposures, ExposeAutomatic)
	c.QueueSize = orDefault(c.QueueSize, 10_000)
	c.BatchSize = min(orDefault(c.BatchSize, 500), batchMax)
	c.FlushInterval = orDefault(c.FlushInterval, 5*time.Second)
	c.Logger = orDefault(c.Logger, slog.Default())
	if c.Endpoint != "" {
		c.Endpoints = append([]string{c.Endpoint}, c.Endpoints...)
	}
	return c
}

func orDefault[T comparable](given, otherwise T) T {
	var zero T
	if given == zero {
		return otherwise
	}
	return given
}

// check says what is wrong with a completed configuration.
func (c Config) check(times pace.Pace) (*edge.Endpoints, error) {
	var wrong []error
	if c.EnvKey == "" {
		wrong = append(wrong, errors.New("EnvKey is needed: a server key of the environment"))
	}
	endpoints, err := edge.NewEndpoints(c.Endpoints, times.Return)
	wrong = append(wrong, err)
	if c.EventsEndpoint != "" {
		_, err := edge.Address(c.EventsEndpoint)
		wrong = append(wrong, err)
	}
	if c.Polling != PollAuto && c.Polling != PollAlways {
		wrong = append(wrong, fmt.Errorf("Polling is %q or %q", PollAuto, PollAlways))
	}
	if c.Exposures != ExposeAutomatic && c.Exposures != ExposeManual && c.Exposures != ExposeOff {
		wrong = append(wrong, fmt.Errorf("Exposures is %q, %q or %q", ExposeAutomatic, ExposeManual, ExposeOff))
	}
	if c.PollInterval < 0 || c.QueueSize < 0 || c.BatchSize < 0 || c.FlushInterval < 0 {
		wrong = append(wrong, errors.New("PollInterval, QueueSize, BatchSize and FlushInterval are not negative"))
	}
	return endpoints, errors.Join(wrong...)
}

// bootstrap is the document that is said, nil for none.
func (c Config) bootstrap() ([]byte, error) {
	switch given := c.Bootstrap.(type) {
	case nil:
		return nil, nil
	case string:
		return os.ReadFile(given)
	case []byte:
		return given, nil
	default:
		return json.Marshal(given)
	}
}
