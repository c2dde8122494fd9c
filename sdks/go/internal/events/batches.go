package events

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
)

// taken counts what an answer says of each event.
func (s *delivery) taken(told []byte, count int64) {
	var answer struct {
		Rejected []struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		} `json:"rejected"`
		Warnings []struct {
			Code   string `json:"code"`
			Detail string `json:"detail"`
		} `json:"warnings"`
	}
	if err := json.Unmarshal(told, &answer); err != nil {
		s.events.once.warn("the ingestor's answer can't be read", "answer", short(told))
	}
	rejected := min(int64(len(answer.Rejected)), count)
	s.queue.sent.Add(count - rejected)
	if rejected > 0 {
		s.queue.drop(Rejected, rejected)
	}
	for _, each := range answer.Rejected {
		s.events.once.warn("an event is rejected", "code", each.Code, "detail", each.Detail)
	}
	for _, each := range answer.Warnings {
		s.events.once.warn("an event is of something unknown", "code", each.Code, "detail", each.Detail)
	}
}

func short(told []byte) string { return fmt.Sprintf("%.300q", told) }

// packed is a JSON array of the events, by gzip.
func packed(batch [][]byte) []byte {
	var body bytes.Buffer
	writer := gzip.NewWriter(&body)
	separator := []byte{'['}
	for _, event := range batch {
		_, err := writer.Write(separator)
		_, also := writer.Write(event)
		if errors.Join(err, also) != nil {
			break
		}
		separator = []byte{','}
	}
	_, _ = writer.Write([]byte{']'})
	_ = writer.Close()
	return body.Bytes()
}
