// Package edge speaks to an edge over HTTP: the configuration, its changes, and what the environment is.
package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/about"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
	"github.com/feature-flag-platform/sdk/go/internal/retry"
)

// documentMax is the largest document, chunk or line of a stream that is read.
const documentMax = 64 << 20

// Edge asks edges with one SDK key.
type Edge struct {
	key  string
	pace pace.Pace
	http *http.Client
}

// New is an edge client. transport nil: one of its own, that no other part of the process shares.
func New(key string, times pace.Pace, transport http.RoundTripper) *Edge {
	if transport == nil {
		transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: times.Connect, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:   times.Connect,
			ResponseHeaderTimeout: times.Answer,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   4,
			IdleConnTimeout:       90 * time.Second,
		}
	}
	// A redirect is not followed: it would take the key to where nobody sent it.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Edge{key: key, pace: times, http: &http.Client{Transport: transport, CheckRedirect: stay}}
}

// Close lets go of connections that wait for a next request.
func (e *Edge) Close() { e.http.CloseIdleConnections() }

// Do sends a request with the key and the names of this SDK.
func (e *Edge) Do(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", "Bearer "+e.key)
	request.Header.Set("User-Agent", "feature-flag-platform-"+about.Name)
	request.Header.Set("Verdict-SDK", about.Name)
	return e.http.Do(request)
}

// Environment is what `GET /v1/environment` says.
type Environment struct {
	Environment        string   `json:"environment"`
	Project            string   `json:"project"`
	KeyKind            string   `json:"key_kind"`
	EventsURL          string   `json:"events_url"`
	ExposureAttributes []string `json:"exposure_attributes"`
}

// Environment asks which environment the key opens.
func (e *Edge) Environment(ctx context.Context, address string) (Environment, error) {
	var told Environment
	answer, err := e.get(ctx, address+"/v1/environment", "", e.pace.Answer)
	if err != nil {
		return told, err
	}
	if err := json.Unmarshal(answer.body, &told); err != nil || told.Environment == "" {
		return told, &Unavailable{Reason: "the edge's answer is not that of /v1/environment"}
	}
	return told, nil
}

// Document is an answer of `GET /v1/config`; Fresh: what the tag names is still right, and there is no body.
type Document struct {
	Body  []byte
	ETag  string
	Fresh bool
}

// Config asks for the configuration, unless it is the one that etag names.
func (e *Edge) Config(ctx context.Context, address, etag string) (Document, error) {
	answer, err := e.get(ctx, address+"/v1/config", etag, e.pace.Document)
	if err != nil {
		return Document{}, err
	}
	if answer.status == http.StatusNotModified {
		return Document{ETag: etag, Fresh: true}, nil
	}
	return Document{Body: answer.body, ETag: answer.etag}, nil
}

// Chunk asks for one chunk of a segment's long list, and holds it to its digest.
func (e *Edge) Chunk(ctx context.Context, address, segment string, number int64, digest string) ([]byte, error) {
	path := "/v1/segments/" + url.PathEscape(segment) + "/chunks/" + strconv.FormatInt(number, 10)
	answer, err := e.get(ctx, address+path, "", e.pace.Document)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(answer.body); hex.EncodeToString(sum[:]) != digest {
		return nil, &Unavailable{Reason: fmt.Sprintf("chunk %d of segment %s is not the one that was named", number, segment)}
	}
	return answer.body, nil
}

type answer struct {
	status int
	etag   string
	body   []byte
}

// get reads a whole answer: within limit, and with something new within the time of an answer.
func (e *Edge) get(ctx context.Context, address, etag string, limit time.Duration) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("the answer took too long"))
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(e.pace.Answer, func() { stop(errors.New("the answer stood still")) })
	defer watch.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	response, err := e.Do(request)
	if err != nil {
		return answer{}, unreached(ctx, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(&attended{io.LimitReader(response.Body, documentMax+1), watch, e.pace.Answer})
	switch {
	case err != nil:
		return answer{}, unreached(ctx, err)
	case response.StatusCode == http.StatusNotModified && etag != "":
		return answer{status: response.StatusCode}, nil
	case response.StatusCode != http.StatusOK:
		return answer{}, failure(response.StatusCode, retry.After(response.Header, time.Now()), body)
	case len(body) > documentMax:
		return answer{}, &Unavailable{Reason: "the answer is larger than 64 MiB"}
	}
	return answer{response.StatusCode, response.Header.Get("ETag"), body}, nil
}

// attended is a reader whose watch begins anew with all that it reads.
type attended struct {
	io.Reader
	watch   *time.Timer
	silence time.Duration
}

func (a *attended) Read(into []byte) (int, error) {
	n, err := a.Reader.Read(into)
	if n > 0 {
		a.watch.Reset(a.silence)
	}
	return n, err
}

// unreached is why there was no answer: what ended the context says more than the connection does.
func unreached(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &Unavailable{Reason: cause.Error()}
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return &Unavailable{Reason: err.Error()}
}
