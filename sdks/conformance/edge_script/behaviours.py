"""How the script behaves: for each endpoint a list of steps, each for so many requests; then it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

ENDPOINTS = ("environment", "config", "stream", "chunk", "flag", "bulk", "refetch", "evaluate", "events")
"""What paths are called here; `all` names all of them."""
KINDS: Mapping[str, str] = {
    "ok": "serves",
    "status": "answers `status`, with `retry_after` if it is said, and `code` in the problem",
    "html": "answers 200 with a page, as a captive portal does",
    "garbage": "answers 200 with the right type and bytes that are no JSON, or no event",
    "redirect": "answers 302 to `location`",
    "unmodified": "answers 304 to whoever asks",
    "older": "serves the document before this one",
    "slow": "serves after `seconds`",
    "held": "serves once it is released (`POST /release`)",
    "trickle": "serves in pieces for `seconds`",
    "silent": "takes the request and says nothing",
    "reset": "resets the connection",
    "cut": "resets the connection in the middle of its answer",
    "half_event": "a stream: ends properly in the middle of its first event",
    "buffered": "a stream: begins, and nothing ever comes",
    "mute": "a stream: tells the snapshot, then nothing, not even heartbeats",
    "endless_line": "a stream: a line that does not end",
    "rejects": "the ingestor: takes all events of a batch but the first, and names that one",
    "lag": "a stream: everything comes `seconds` late",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One behaviour. `times`: of how many requests, None for all that come. `seconds` of slow, trickle and lag;
    `status`, `retry_after` (seconds or a date), `code`, `location` and further `headers` of answers."""

    kind: str = "ok"
    times: int | None = None
    status: int = 503
    retry_after: str | None = None
    code: str | None = None
    seconds: float = 1.0
    location: str = "/"
    headers: Mapping[str, str] | None = None


SERVES = Step()


class Behaviours:
    """What each endpoint does next."""

    def __init__(self) -> None:
        self._steps: dict[str, list[Step]] = {}
        self._taken: dict[str, int] = {}

    def reset(self) -> None:
        """Everything serves."""
        self._steps.clear()
        self._taken.clear()

    def put(self, document: Mapping[str, Any]) -> None:
        """`{endpoint or "all": step or [steps]}`; endpoints that are not named stay as they are. Raises ValueError."""
        read = {name: _steps(name, told) for name, told in document.items()}
        for name, steps in read.items():
            for endpoint in ENDPOINTS if name == "all" else (name,):
                self._steps[endpoint] = list(steps)
                self._taken[endpoint] = 0

    def take(self, endpoint: str) -> Step:
        """How the next request to it is answered."""
        steps = self._steps.get(endpoint, [])
        while steps:
            step = steps[0]
            if step.times is None or self._taken[endpoint] < step.times:
                self._taken[endpoint] += 1
                return step
            steps.pop(0)
            self._taken[endpoint] = 0
        return SERVES


def _steps(name: str, told: Any) -> list[Step]:
    if name != "all" and name not in ENDPOINTS:
        raise ValueError(f"{name}: is none of {', '.join(ENDPOINTS)}, all")
    return [_step(name, each) for each in (told if isinstance(told, list) else [told])]


def _step(name: str, told: Any) -> Step:
    if isinstance(told, str):
        told = {"kind": told}
    if not isinstance(told, dict):
        raise ValueError(f"{name}: a step is an object or the name of a kind")
    unknown = told.keys() - {field.name for field in fields(Step)}
    if unknown:
        raise ValueError(f"{name}: {min(unknown)}: there is no such field")
    if told.get("kind", "ok") not in KINDS:
        raise ValueError(f"{name}: {told.get('kind')}: is none of {', '.join(KINDS)}")
    retry_after = told.get("retry_after")
    return Step(**{**told, "retry_after": None if retry_after is None else str(retry_after)})
