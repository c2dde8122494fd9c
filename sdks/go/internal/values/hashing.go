package values

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// BucketCount is how many buckets there are.
const BucketCount = 10_000

const (
	unitIntegerLimit = 1 << 53
	wordRemainder    = 1616 // 2^64 modulo BucketCount
)

// Bucket is the bucket (0 to 9999) of a unit: the big-endian integer of SHA-256(salt + key + unit) modulo 10,000, in which
// `start` is salt and key as WellFormed gives them.
func Bucket(start, unit string) int {
	var space [192]byte
	text := append(append(space[:0], start...), WellFormed(unit)...)
	digest := sha256.Sum256(text)
	rest := uint64(0)
	for at := 0; at < len(digest); at += 8 {
		rest = (rest*wordRemainder + binary.BigEndian.Uint64(digest[at:])%BucketCount) % BucketCount
	}
	return int(rest)
}

// KeyHash is where a key of a long list belongs: the first 64 bits of the SHA-256 of its text.
func KeyHash(key string) uint64 {
	digest := sha256.Sum256([]byte(key))
	return binary.BigEndian.Uint64(digest[:])
}

// Unit is the text that stands for a unit; false if the value can't be one. A string is its own text; a number without a
// fraction whose magnitude is below 2^53 has its decimal digits.
func Unit(value any) (string, bool) {
	if text, ok := value.(string); ok {
		return text, true
	}
	number, ok := NumberOf(value)
	if !ok || number.kind != integral {
		return "", false
	}
	if number.integer <= -unitIntegerLimit || number.integer >= unitIntegerLimit {
		return "", false
	}
	return strconv.FormatInt(number.integer, 10), true
}

// WellFormed is the text as UTF-8 that every language hashes alike. A Go text may hold surrogates in three bytes each: a pair
// becomes its character, a lone one U+FFFD, and so does each byte that is no UTF-8.
func WellFormed(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string(repaired(text))
}

func repaired(text string) []byte {
	fixed := make([]byte, 0, len(text)+len("\uFFFD"))
	for at := 0; at < len(text); {
		letter, size := utf8.DecodeRuneInString(text[at:])
		if surrogate, ok := surrogateAt(text, at); ok {
			letter, size = utf8.RuneError, 3
			if low, ok := surrogateAt(text, at+3); ok {
				if pair := utf16.DecodeRune(surrogate, low); pair != utf8.RuneError {
					letter, size = pair, 6
				}
			}
		}
		fixed = utf8.AppendRune(fixed, letter)
		at += size
	}
	return fixed
}

// surrogateAt reads a surrogate that was written as if it were a character.
func surrogateAt(text string, at int) (rune, bool) {
	if len(text) < at+3 || text[at] != 0xED || text[at+1]&0xE0 != 0xA0 || text[at+2]&0xC0 != 0x80 {
		return 0, false
	}
	return rune(0xD000) | rune(text[at+1]&0x3F)<<6 | rune(text[at+2]&0x3F), true
}

// Hundredths is a percentage with at most two decimals as hundredths of a percent, exactly; the text says what is wrong.
func Hundredths(value any) (int, string) {
	number, ok := NumberOf(value)
	if !ok || !number.IsFinite() {
		return 0, "must be a number of percent"
	}
	if percent := number.Float64(); percent < 0 || percent > 100 {
		return 0, "must be between 0 and 100"
	}
	if whole, ok := number.Int64(); ok {
		return int(whole) * 100, ""
	}
	scaled := math.Round(number.float * 100)
	if scaled/100 != number.float {
		return 0, "has more than two decimals"
	}
	return int(scaled), ""
}
