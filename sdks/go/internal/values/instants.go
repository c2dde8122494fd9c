package values

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strings"
)

const (
	instantBytesMax = 256
	daySeconds      = 86_400
)

// Instant is a point in time, exact: whole seconds since the epoch, and the decimal digits of the fraction without zeros at
// their end.
type Instant struct {
	seconds  int64
	fraction string
	far      *big.Int
}

var (
	monthDays   = [...]int64{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	thousandths = func() (texts [1000]string) {
		for number := range texts {
			texts[number] = strings.TrimRight(fmt.Sprintf("%03d", number), "0")
		}
		return texts
	}()
	epochDays = daysBeforeYear(1970)
)

// InstantOf is the point in time that a value is; false for what is none.
//
// Text must be RFC 3339 with an offset: any number of fraction digits, at most 256 bytes in all; second 60 only at the end of
// a UTC day, and it counts as the second after. A number is epoch milliseconds; a fraction of a millisecond is cut.
func InstantOf(value any) (Instant, bool) {
	if text, ok := value.(string); ok {
		return textInstant(text)
	}
	number, ok := NumberOf(value)
	if !ok || !number.IsFinite() {
		return Instant{}, false
	}
	if milliseconds, ok := number.floor(); ok {
		seconds, rest := milliseconds/1000, milliseconds%1000
		if rest < 0 {
			seconds, rest = seconds-1, rest+1000
		}
		return Instant{seconds: seconds, fraction: thousandths[rest]}, true
	}
	whole, _ := number.exact().Int(nil)
	seconds, rest := new(big.Int).DivMod(whole, big.NewInt(1000), new(big.Int))
	return Instant{far: seconds, fraction: thousandths[rest.Int64()]}, true
}

func (number Number) floor() (int64, bool) {
	if number.kind == floating && math.Abs(number.float) < int64Bound {
		return int64(math.Floor(number.float)), true
	}
	return number.integer, number.kind == integral
}

// Compare is -1, 0 or 1.
func (instant Instant) Compare(other Instant) int {
	seconds := 0
	if instant.far == nil && other.far == nil {
		seconds = compare(instant.seconds, other.seconds)
	} else {
		seconds = instant.whole().Cmp(other.whole())
	}
	if seconds != 0 {
		return seconds
	}
	return cmp.Compare(instant.fraction, other.fraction)
}

func (instant Instant) whole() *big.Int {
	if instant.far != nil {
		return instant.far
	}
	return big.NewInt(instant.seconds)
}

// daysBeforeYear are the days from 1 January 0000 to 1 January of the year in the proleptic Gregorian calendar.
func daysBeforeYear(year int64) int64 {
	if year == 0 {
		return 0
	}
	last := year - 1
	return year*365 + last/4 - last/100 + last/400 + 1
}

func daysSinceEpoch(year, month, day int64) (int64, bool) {
	if month < 1 || month > 12 {
		return 0, false
	}
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	length := monthDays[month-1]
	if leap && month == 2 {
		length++
	}
	if day < 1 || day > length {
		return 0, false
	}
	days := daysBeforeYear(year) - epochDays + day - 1
	for _, earlier := range monthDays[:month-1] {
		days += earlier
	}
	if leap && month > 2 {
		days++
	}
	return days, true
}

// digits reads a fixed number of decimal digits.
func digits(text string) (int64, bool) {
	number := int64(0)
	for index := range len(text) {
		digit := text[index]
		if digit < '0' || digit > '9' {
			return 0, false
		}
		number = number*10 + int64(digit-'0')
	}
	return number, true
}

// clock says where year, month, day, hour, minute and second stand in `2026-01-05T10:00:00`.
var clock = [...][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}}

func textInstant(text string) (Instant, bool) {
	if len(text) < len("2026-01-05T10:00:00Z") || len(text) > instantBytesMax {
		return Instant{}, false
	}
	if text[4] != '-' || text[7] != '-' || text[10]|0x20 != 't' || text[13] != ':' || text[16] != ':' {
		return Instant{}, false
	}
	var parts [len(clock)]int64
	for index, span := range clock {
		number, ok := digits(text[span[0]:span[1]])
		if !ok {
			return Instant{}, false
		}
		parts[index] = number
	}
	fraction, rest, ok := cutFraction(text[19:])
	if !ok {
		return Instant{}, false
	}
	offset, ok := offsetSeconds(rest)
	days, exists := daysSinceEpoch(parts[0], parts[1], parts[2])
	hour, minute, second := parts[3], parts[4], parts[5]
	if !ok || !exists || hour > 23 || minute > 59 || second > 60 {
		return Instant{}, false
	}
	seconds := days*daySeconds + hour*3600 + minute*60 + second - offset
	if second == 60 && seconds%daySeconds != 0 {
		return Instant{}, false
	}
	return Instant{seconds: seconds, fraction: fraction}, true
}

func cutFraction(text string) (fraction, rest string, ok bool) {
	if text[0] != '.' {
		return "", text, true
	}
	end := 1
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return strings.TrimRight(text[1:end], "0"), text[end:], end > 1
}

func offsetSeconds(text string) (int64, bool) {
	if len(text) == 1 {
		return 0, text[0]|0x20 == 'z'
	}
	if len(text) != len("+00:00") || text[0] != '+' && text[0] != '-' || text[3] != ':' {
		return 0, false
	}
	hours, ok := digits(text[1:3])
	minutes, also := digits(text[4:6])
	if !ok || !also || hours > 23 || minutes > 59 {
		return 0, false
	}
	seconds := hours*3600 + minutes*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}
