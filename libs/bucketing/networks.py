"""IP addresses and CIDR blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

ADDRESS_LENGTH_MAX = 64
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_MAPPED_PREFIX = 0xFFFF << 32
_WIDTHS = {4: 32, 6: 128}

Address = tuple[int, int]
"""Family (4 or 6) and the address as an unsigned integer."""

Block = tuple[int, int, int]
"""Family, prefix length, and the address's first `prefix length` bits as an integer."""


def _parse_literal(text: str) -> Address | None:
    """The address as written: an IPv4-mapped IPv6 address is still IPv6."""
    try:
        return (6, int(IPv6Address(text))) if ":" in text else (4, int(IPv4Address(text)))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _parse_address(text: str) -> Address | None:
    address = None if "%" in text else _parse_literal(text)
    if address is not None and address[0] == 6 and address[1] >> 32 == 0xFFFF:
        return 4, address[1] - _MAPPED_PREFIX
    return address


def parse_address(text: str) -> Address | None:
    """The address, None if `text` is none (a block, a zone and blanks make it none).

    `::ffff:a.b.c.d` is the IPv4 address a.b.c.d.
    """
    return _parse_address(text) if len(text) <= ADDRESS_LENGTH_MAX else None


def parse_block(text: str) -> Block | None:
    """The block, None if `text` is none. A bare address is a block of one; host bits are dropped."""
    head, slash, tail = text.partition("/")
    if len(text) > ADDRESS_LENGTH_MAX or "%" in text or (slash and not _PREFIX.fullmatch(tail)):
        return None
    address = _parse_literal(head)
    if address is None:
        return None
    family, number = address
    length = int(tail) if slash else _WIDTHS[family]
    if length > _WIDTHS[family]:
        return None
    if family == 6 and number >> 32 == 0xFFFF and length >= 96:
        family, number, length = 4, number - _MAPPED_PREFIX, length - 96
    return family, length, number >> (_WIDTHS[family] - length)


class BlockSet:
    """Blocks of both families; membership costs one look-up per distinct prefix length."""

    __slots__ = ("_by_family",)

    def __init__(self, blocks: Iterable[Block]) -> None:
        grouped: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
        for family, length, bits in blocks:
            grouped[family].setdefault(_WIDTHS[family] - length, set()).add(bits)
        self._by_family = {
            family: tuple((shift, frozenset(bits)) for shift, bits in shifts.items())
            for family, shifts in grouped.items()
        }

    def holds(self, text: str) -> bool:
        """Is `text` an address in one of the blocks?"""
        address = parse_address(text)
        if address is None:
            return False
        family, number = address
        return any(number >> shift in bits for shift, bits in self._by_family[family])
