package values

import (
	"net/netip"
	"strconv"
	"strings"
)

const addressBytesMax = 64

// address reads one as it is written: an IPv4-mapped IPv6 address is still IPv6.
func address(text string) (netip.Addr, bool) {
	if len(text) > addressBytesMax || strings.IndexByte(text, '%') >= 0 {
		return netip.Addr{}, false
	}
	found, err := netip.ParseAddr(text)
	return found, err == nil
}

// Networks are blocks of addresses of both families. Membership costs one look-up for each prefix length.
type Networks struct {
	blocks  map[netip.Prefix]struct{}
	lengths [2][]int
}

// Add puts in an address or a CIDR block; false if the text is neither. A bare address is a block of one, host bits are
// dropped, and ::ffff:a.b.c.d is the IPv4 address a.b.c.d.
func (networks *Networks) Add(text string) bool {
	head, tail, hasLength := strings.Cut(text, "/")
	start, ok := address(head)
	if !ok || len(text) > addressBytesMax {
		return false
	}
	length := start.BitLen()
	if hasLength {
		written, err := strconv.Atoi(tail)
		if err != nil || strconv.Itoa(written) != tail || written < 0 || written > length {
			return false
		}
		length = written
	}
	if start.Is4In6() && length >= 96 {
		start, length = start.Unmap(), length-96
	}
	block, err := start.Prefix(length)
	if err != nil {
		return false
	}
	if networks.blocks == nil {
		networks.blocks = map[netip.Prefix]struct{}{}
	}
	networks.blocks[block] = struct{}{}
	family := &networks.lengths[familyOf(start)]
	for _, known := range *family {
		if known == length {
			return true
		}
	}
	*family = append(*family, length)
	return true
}

func familyOf(address netip.Addr) int {
	if address.Is4() {
		return 0
	}
	return 1
}

// Holds says whether the text is an address in one of the blocks. A block, a port and a zone make it none.
func (networks *Networks) Holds(text string) bool {
	value, ok := address(text)
	if !ok {
		return false
	}
	value = value.Unmap()
	for _, length := range networks.lengths[familyOf(value)] {
		block, err := value.Prefix(length)
		if err != nil {
			continue
		}
		if _, found := networks.blocks[block]; found {
			return true
		}
	}
	return false
}
