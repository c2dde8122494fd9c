package edge

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Endpoints are the addresses of edges, in the order in which they are tried. The one that works is kept, after a
// failure comes the next, and the first is tried again after a while.
type Endpoints struct {
	addresses []string
	home      time.Duration

	mu      sync.Mutex
	current int
	left    time.Time
}

// NewEndpoints takes the addresses, with or without a slash at their end; home is when the first is tried again.
func NewEndpoints(addresses []string, home time.Duration) (*Endpoints, error) {
	if len(addresses) == 0 {
		return nil, fmt.Errorf("an endpoint is needed: the address of an edge")
	}
	read := make([]string, 0, len(addresses))
	for _, each := range addresses {
		address, err := Address(each)
		if err != nil {
			return nil, err
		}
		read = append(read, address)
	}
	return &Endpoints{addresses: read, home: home}, nil
}

// Address is an address as paths are put behind it.
func Address(text string) (string, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
		return "", fmt.Errorf("%q is no address: http:// or https:// and a host are needed", text)
	}
	return text, nil
}

// Current is the address to ask now.
func (e *Endpoints) Current() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current != 0 && time.Since(e.left) >= e.home {
		e.current = 0
	}
	return e.addresses[e.current]
}

// Failed says that an address failed; the next one is asked from now on.
func (e *Endpoints) Failed(address string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.addresses[e.current] != address {
		return
	}
	if e.current == 0 {
		e.left = time.Now()
	}
	e.current = (e.current + 1) % len(e.addresses)
}

// Away is the first address and when it is to be tried again; false while it is the one that is asked.
func (e *Endpoints) Away() (first string, in time.Duration, away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addresses[0], e.home - time.Since(e.left), e.current != 0
}

// Stay puts off the return to the first address, which does not work yet.
func (e *Endpoints) Stay() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left = time.Now()
}

// Home returns to the first address.
func (e *Endpoints) Home() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = 0
}
