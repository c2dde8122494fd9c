package edge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Refused is the answer that no retry changes: the key opens nothing here.
type Refused struct {
	Status int
	// Code is the answer's own (`sdk_key_invalid`, `server_key_required`), empty where it has none.
	Code string
	// Detail is what the answer says to people.
	Detail string
}

// Error says what is wrong with the key, and what to do about it.
func (r *Refused) Error() string {
	said := r.Detail
	if said == "" {
		said = http.StatusText(r.Status)
	}
	if r.wantsServerKey() {
		return fmt.Sprintf("the SDK key is a client key and a server key is needed here (%s); "+
			"client keys are for @feature-flag-platform/web and for OFREP", said)
	}
	return fmt.Sprintf("the SDK key is refused (%d): %s", r.Status, said)
}

func (r *Refused) wantsServerKey() bool { return r.Code == "server_key_required" }

// Unavailable is any other answer that is not the one asked for; it may be another one later.
type Unavailable struct {
	Status int
	// After is how long to stay away at least.
	After  time.Duration
	Reason string
}

func (u *Unavailable) Error() string { return u.Reason }

// bodyTold is as much of an answer as an error tells.
const bodyTold = 300

// failure is the error that an answer is; body is its beginning.
func failure(status int, after time.Duration, body []byte) error {
	code, detail := problem(body)
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return &Refused{Status: status, Code: code, Detail: detail}
	}
	if detail == "" {
		detail = http.StatusText(status)
	}
	return &Unavailable{Status: status, After: after, Reason: fmt.Sprintf("the edge answers %d: %s", status, detail)}
}

// problem is the code and the detail of an answer in the form of RFC 9457 or of OFREP.
func problem(body []byte) (code, detail string) {
	var told struct {
		Code         string `json:"code"`
		Title        string `json:"title"`
		Detail       string `json:"detail"`
		ErrorDetails string `json:"errorDetails"`
	}
	if json.Unmarshal(body, &told) != nil {
		return "", ""
	}
	for _, text := range []string{told.Detail, told.ErrorDetails, told.Title} {
		if text != "" {
			return told.Code, strings.ToValidUTF8(text[:min(len(text), bodyTold)], "")
		}
	}
	return told.Code, ""
}
