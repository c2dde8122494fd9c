package events

import (
	"encoding/hex"
	"math/rand/v2"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/wall"
)

// newID is a UUIDv7: the milliseconds since 1970, then 74 random bits.
func newID(now time.Time) string {
	var id [16]byte
	milliseconds := uint64(wall.Milliseconds(now))
	for i := range 6 {
		id[i] = byte(milliseconds >> (40 - 8*i))
	}
	high, low := rand.Uint64(), rand.Uint64()
	for i := range 8 {
		id[8+i] = byte(low >> (8 * i))
	}
	id[6] = 0x70 | byte(high)&0x0f
	id[7] = byte(high >> 8)
	id[8] = 0x80 | id[8]&0x3f

	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// timestamp is a moment as events have it: RFC 3339 in UTC, to the millisecond.
func timestamp(now time.Time) string {
	return wall.Shown(now).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
