"""Addresses in blocks. Both families are numbers of 128 bits, IPv4 as `::ffff:a.b.c.d`; a block is a range of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bucketing.networks import ADDRESS_LENGTH_MAX, Block, parse_block

from analytics.warehouse.filters.parameters import Parameters

_MAPPED = 0xFFFF << 32
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\\.){{3}}{_OCTET}"
_GROUP = "[0-9a-fA-F]{1,4}"
_LAST = f"(?:{_GROUP}:{_GROUP}|{_IPV4})"


def _ipv6() -> str:
    """The grammar of RFC 3986: `::` stands once, for at least one group."""
    forms = [f"(?:{_GROUP}:){{6}}{_LAST}", f"::(?:{_GROUP}:){{5}}{_LAST}"]
    for before, after in ((0, 4), (1, 3), (2, 2), (3, 1), (4, 0)):
        forms.append(f"(?:(?:{_GROUP}:){{0,{before}}}{_GROUP})?::(?:{_GROUP}:){{{after}}}{_LAST}")
    forms.append(f"(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}")
    forms.append(f"(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::")
    return "|".join(f"(?:{form})" for form in forms)


_ADDRESS = f"^(?:{_IPV4}|{_ipv6()})$"


def network_test(blocks: Sequence[str], parameters: Parameters) -> str:
    """In one of the blocks, which are such."""
    ranges = [_range(text) for text in blocks]
    lows = parameters.add([low for _, low, _ in ranges], "Array(UInt128)")
    highs = parameters.add([high for _, _, high in ranges], "Array(UInt128)")
    families = parameters.add([family for family, _, _ in ranges], "Array(UInt8)")
    number = "toUInt128(toIPv6OrDefault(if(position(item.2, ':') > 0, item.2, concat('::ffff:', item.2))))"
    family = f"if(bitShiftRight(a, 32) = {0xFFFF}, 4, 6)"
    inside = f"arrayExists((l, h, f) -> f = {family} AND a BETWEEN l AND h, {lows}, {highs}, {families})"
    return (
        f"length(item.2) <= {ADDRESS_LENGTH_MAX} AND match(item.2, '{_ADDRESS}') "
        f"AND arrayExists(a -> {inside}, [{number}])"
    )


def _range(text: str) -> tuple[int, int, int]:
    """Family, first and last address."""
    family, length, bits = cast("Block", parse_block(text))
    free = (32 if family == 4 else 128) - length
    low = bits << free
    high = low + (1 << free) - 1
    return (family, low + _MAPPED, high + _MAPPED) if family == 4 else (family, low, high)
