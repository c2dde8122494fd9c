"""What the name server of a domain says in its TXT records, asked in a bounded time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import dns.asyncresolver
from dns.exception import DNSException
from dns.name import NameTooLong
from dns.rdatatype import TXT
from dns.resolver import NXDOMAIN, NoAnswer
from service_kit.problems import Unavailable

_SECONDS = 5.0

TextRecords = Callable[[str], Awaitable[Sequence[str]]]
"""The TXT records of a name; none where there is no such name. Raises `Unavailable`."""


async def text_records(name: str, resolver: dns.asyncresolver.Resolver | None = None) -> Sequence[str]:
    """By the machine's resolver, unless another is given."""
    try:
        asked = resolver or dns.asyncresolver.Resolver()
        answer = await asked.resolve(name + ".", TXT, lifetime=_SECONDS)
    except (NXDOMAIN, NoAnswer, NameTooLong):
        return ()
    except (DNSException, OSError) as error:
        raise Unavailable(f"the name server of {name} gives no answer: {type(error).__name__}") from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
