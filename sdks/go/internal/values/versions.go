package values

import (
	"cmp"
	"strings"
)

const versionBytesMax = 256

// Version is a semantic version (semver.org 2.0.0). Its parts are pieces of the text that it was read from.
type Version struct {
	major, minor, patch string
	preRelease          string
	isPreRelease        bool
}

// ParseVersion reads a version; false if the text is none. A leading v or V is allowed, missing minor and patch numbers are
// 0 (also before a pre-release), build metadata is checked and ignored. At most 256 bytes.
func ParseVersion(text string) (Version, bool) {
	if len(text) > versionBytesMax || text == "" {
		return Version{}, false
	}
	if text[0]|0x20 == 'v' {
		text = text[1:]
	}
	version := Version{minor: "0", patch: "0"}
	text, build, hasBuild := strings.Cut(text, "+")
	if hasBuild && !areIdentifiers(build, false) {
		return Version{}, false
	}
	numbers, preRelease, isPreRelease := strings.Cut(text, "-")
	if isPreRelease && !areIdentifiers(preRelease, true) {
		return Version{}, false
	}
	version.preRelease, version.isPreRelease = preRelease, isPreRelease
	for index, into := range [...]*string{&version.major, &version.minor, &version.patch} {
		number, rest, more := strings.Cut(numbers, ".")
		if !isVersionNumber(number) || more && index == 2 {
			return Version{}, false
		}
		*into, numbers = number, rest
		if !more {
			break
		}
	}
	return version, true
}

func isNumeric(text string) bool {
	for index := range len(text) {
		if text[index] < '0' || text[index] > '9' {
			return false
		}
	}
	return text != ""
}

func isVersionNumber(text string) bool { return isNumeric(text) && (len(text) == 1 || text[0] != '0') }

// areIdentifiers checks what stands between dots; numbers have no zero in front where they are `ordered`.
func areIdentifiers(text string, ordered bool) bool {
	for more := true; more; {
		var identifier string
		identifier, text, more = strings.Cut(text, ".")
		if identifier == "" || ordered && isNumeric(identifier) && !isVersionNumber(identifier) {
			return false
		}
		for index := range len(identifier) {
			letter := identifier[index]
			if !(letter >= '0' && letter <= '9' || letter|0x20 >= 'a' && letter|0x20 <= 'z' || letter == '-') {
				return false
			}
		}
	}
	return true
}

// Compare is -1, 0 or 1 by the specification's precedence.
func (version Version) Compare(other Version) int {
	if order := compareNumbers(version.major, other.major); order != 0 {
		return order
	}
	if order := compareNumbers(version.minor, other.minor); order != 0 {
		return order
	}
	if order := compareNumbers(version.patch, other.patch); order != 0 {
		return order
	}
	switch {
	case version.isPreRelease && other.isPreRelease:
		return comparePreReleases(version.preRelease, other.preRelease)
	case version.isPreRelease:
		return -1
	case other.isPreRelease:
		return 1
	default:
		return 0
	}
}

// compareNumbers orders digits without zeros in front, however many.
func compareNumbers(left, right string) int {
	if order := cmp.Compare(len(left), len(right)); order != 0 {
		return order
	}
	return strings.Compare(left, right)
}

func comparePreReleases(left, right string) int {
	for {
		one, leftRest, leftMore := strings.Cut(left, ".")
		another, rightRest, rightMore := strings.Cut(right, ".")
		if order := compareIdentifiers(one, another); order != 0 {
			return order
		}
		if !leftMore || !rightMore {
			switch {
			case leftMore:
				return 1
			case rightMore:
				return -1
			default:
				return 0
			}
		}
		left, right = leftRest, rightRest
	}
}

func compareIdentifiers(left, right string) int {
	switch leftNumeric, rightNumeric := isNumeric(left), isNumeric(right); {
	case leftNumeric && rightNumeric:
		return compareNumbers(left, right)
	case leftNumeric:
		return -1
	case rightNumeric:
		return 1
	default:
		return strings.Compare(left, right)
	}
}
