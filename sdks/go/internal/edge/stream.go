package edge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/retry"
)

// Event is one of a stream. Kind and ID are as they were told; Data is nil for a heartbeat.
type Event struct {
	ID, Kind string
	Data     []byte
	// Window is the pause that the edge asks for before the next connection, 0 when it has not said any.
	Window time.Duration
}

// Heartbeat: the event says only that the edge is there.
func (e Event) Heartbeat() bool { return e.Data == nil }

// Stream reads `GET /v1/stream` after the event last, and hands over each event, heartbeats too, until take says false,
// the stream breaks or the context ends. The error says why it ended, and is nil after take's false.
func (e *Edge) Stream(ctx context.Context, address, last string, take func(Event) bool) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// Whatever transport is used, no head of an answer may take longer than one.
	watch := time.AfterFunc(e.pace.Connect+e.pace.Answer, func() { stop(errors.New("the stream does not begin")) })
	defer watch.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v1/stream", http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Cache-Control", "no-cache")
	// A packed stream would wait in buffers.
	request.Header.Set("Accept-Encoding", "identity")
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	response, err := e.Do(request)
	if err != nil {
		return unreached(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		return failure(response.StatusCode, retry.After(response.Header, time.Now()), body)
	}
	if kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || kind != "text/event-stream" {
		return &Unavailable{Reason: fmt.Sprintf("the stream is %q and no text/event-stream", response.Header.Get("Content-Type"))}
	}
	watch.Stop()
	silence := time.AfterFunc(e.pace.Silence, func() { stop(fmt.Errorf("the stream was silent for %v", e.pace.Silence)) })
	defer silence.Stop()
	reader := bufio.NewReaderSize(&attended{response.Body, silence, e.pace.Silence}, 1<<16)
	// Whoever takes an event may take their time: nobody listens meanwhile.
	attending := func(event Event) bool {
		silence.Stop()
		defer silence.Reset(e.pace.Silence)
		return take(event)
	}
	if err := events(reader, attending); err != nil {
		return unreached(ctx, err)
	}
	return nil
}

// events reads server-sent events, as the HTML standard has them, but that an event that is cut off is none.
func events(reader *bufio.Reader, take func(Event) bool) error {
	var next Event
	var data [][]byte
	for {
		line, err := readLine(reader)
		if err == io.EOF {
			return errors.New("the stream ended")
		}
		if err != nil {
			return err
		}
		if len(line) == 0 {
			if data != nil {
				next.Data = bytes.Join(data, []byte{'\n'})
			}
			if (data != nil || next.Window != 0) && !take(next) {
				return nil
			}
			next, data = Event{ID: next.ID}, nil
			continue
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		value = bytes.TrimPrefix(value, []byte{' '})
		switch string(name) {
		case "":
			if !take(Event{ID: next.ID}) {
				return nil
			}
		case "id":
			next.ID = string(value)
		case "event":
			next.Kind = string(value)
		case "data":
			data = append(data, value)
		case "retry":
			if milliseconds, err := strconv.ParseUint(string(value), 10, 31); err == nil {
				next.Window = time.Duration(milliseconds) * time.Millisecond
			}
		}
	}
}

// readLine is a line of its own memory, without its end. One that is cut off is none.
func readLine(reader *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := reader.ReadSlice('\n')
		if len(line)+len(piece) > documentMax {
			return nil, errors.New("a line of the stream is longer than 64 MiB")
		}
		line = append(line, piece...)
		if err == nil {
			return bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'}), nil
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
	}
}
