package edge

import (
	"bufio"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEventsAreReadAsTheStandardHasThem(t *testing.T) {
	text := "retry: 1500\r\n\r\n: still here\n\nid: 1-a\nevent: snapshot\ndata: {\ndata: }\n\nevent:change\ndata:x\n\nid: 2-b\ndata: cut off"
	var told []Event
	err := events(bufio.NewReaderSize(strings.NewReader(text), 16), func(event Event) bool {
		told = append(told, event)
		return true
	})
	want := []Event{
		{Window: 1500 * time.Millisecond},
		{},
		{ID: "1-a", Kind: "snapshot", Data: []byte("{\n}")},
		{ID: "1-a", Kind: "change", Data: []byte("x")},
	}
	if err == nil || !reflect.DeepEqual(told, want) {
		t.Errorf("%v, told %+v", err, told)
	}
}

func TestALineHasALimit(t *testing.T) {
	endless := bufio.NewReaderSize(strings.NewReader(strings.Repeat("x", documentMax+1)), 1<<16)
	err := events(endless, func(Event) bool { return true })
	if err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Error(err)
	}
}

func TestAddressesAreReadWithAndWithoutASlash(t *testing.T) {
	for text, want := range map[string]string{
		"http://edge:8081/": "http://edge:8081", " https://edge/base// ": "https://edge/base", "edge:8081": "", "": "", "ftp://edge": "",
	} {
		got, err := Address(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
