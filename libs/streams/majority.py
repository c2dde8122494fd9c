"""Whether the server that answers for a stream still hears most of the servers that hold it.

A leader that is cut off from the others answers for its stream until it notices, which takes it up to twenty seconds;
meanwhile another one leads. It says with each answer when it last heard each of the others, who beat once a second.
"""

from __future__ import annotations

from typing import Any

from streams.port import BusUnavailable

SILENCE_SECONDS = 2.5
_SECOND = 1_000_000_000


class CutOff(BusUnavailable):
    """The server answers alone: what it says may have been overtaken."""


def require_majority(details: dict[str, Any], *, within_seconds: float = SILENCE_SECONDS) -> None:
    """`details` of a stream, as the server writes them. Raises CutOff."""
    others = (details.get("cluster") or {}).get("replicas") or []
    heard = sum(not each.get("offline") and each.get("active", 0) <= within_seconds * _SECOND for each in others)
    if (heard + 1) * 2 <= len(others) + 1:
        raise CutOff(f"the server that answers for the stream hears {heard} of {len(others)} others that hold it")
