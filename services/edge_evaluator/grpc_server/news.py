"""What is new for a caller who stays on the line: which flags may answer differently, state by state.

Many calls wait for the same news, so what differs between two states is worked out once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from messages.sdk_keys import KeyKind, SdkKey
from service_kit.problems import Unauthorized, Unavailable

from edge_evaluator.admission.requests import Admission
from edge_evaluator.admission.streams import OpenStreams
from edge_evaluator.endpoints.event_streams import HEARTBEAT_SECONDS
from edge_evaluator.memory.states import State
from edge_evaluator.memory.views import View

_DIFFERENCES_MAX = 256


@dataclass(frozen=True, slots=True)
class Served:
    """What one kind of key is answered by at one state. `flags`: by key, what its answer is named by; `timed`: keys of
    those whose answers change by themselves, when the clock passes a moment."""

    state: State
    flags: dict[str, tuple[int, bool]]
    timed: frozenset[str]

    @classmethod
    def of(cls, view: View) -> Served:
        compiled, versions = view.config.compiled, view.config.answer_versions
        flags = {key: (versions.of(key), key in compiled.failed) for key in view.flags}
        timed = frozenset(
            key
            for key, flag in view.flags.items()
            if compiled.has_experiments(key) or any(target.expires_at is not None for target in flag.targets)
        )
        return cls(view.announced, flags, timed)

    def changed_since(self, before: Served) -> frozenset[str]:
        """Keys of flags that may answer differently, those that have come and gone among them."""
        keys = self.flags.keys() | before.flags.keys()
        changed = {key for key in keys if self.flags.get(key) != before.flags.get(key)}
        return frozenset(changed | self.timed if self.state.phase != before.state.phase else changed)


@dataclass(frozen=True, slots=True)
class News:
    """`state` is served from now on. `everything`: nobody knows here what the caller has seen; `changed` None: nothing
    has changed, and the edge is still there."""

    state: State
    changed: frozenset[str] | None
    everything: bool = False


class Newsroom:
    """Tells all who stay on the line."""

    def __init__(self, admission: Admission, open_streams: OpenStreams) -> None:
        self._admission = admission
        self.open_streams = open_streams
        self._served: dict[tuple[str, KeyKind], Served] = {}
        self._differences: OrderedDict[tuple[str, KeyKind, str, str], frozenset[str]] = OrderedDict()

    async def follow(self, key: SdkKey, last: State | None = None) -> AsyncIterator[News]:
        """First the state now, then one for each that follows, and one without a change when nothing has happened for
        a heartbeat's time. `last`: what the caller has seen before.

        Raises TooManyRequests for one stream too many, Unauthorized when the key goes, Unavailable when the edge stops.
        """
        self.open_streams.require_room(key)
        with self.open_streams.hold(key):
            told = self._now(key)
            missed = last is not None and not told.state.same_as(last)
            yield News(told.state, frozenset(), everything=missed)
            while True:
                news = await self._admission.memory.changed(key, HEARTBEAT_SECONDS)
                self._require(key)
                if self._view(key).announced.same_as(told.state):
                    if not news:
                        yield News(told.state, None)
                    continue
                await self.open_streams.wait_for_turn()
                self._require(key)
                served = self._now(key)
                changed = self._difference(key, told, served)
                told = served
                if changed:
                    yield News(served.state, changed)

    def _view(self, key: SdkKey) -> View:
        return self._admission.memory.held(key).view(key)

    def _require(self, key: SdkKey) -> None:
        if self._admission.memory.find_hash(key.sha256, self._admission.clock.now()) is None:
            raise Unauthorized(self._admission.memory.refused(key.sha256).told, code="sdk_key_invalid")
        if self.open_streams.closed:
            raise Unavailable("the edge is stopping", code="stopping")

    def _now(self, key: SdkKey) -> Served:
        view, whose = self._view(key), (key.environment_id, key.kind)
        served = self._served.get(whose)
        if served is None or served.state != view.announced:
            served = self._served[whose] = Served.of(view)
        return served

    def _difference(self, key: SdkKey, before: Served, after: Served) -> frozenset[str]:
        between = key.environment_id, key.kind, str(before.state), str(after.state)
        found = self._differences.get(between)
        if found is None:
            found = self._differences[between] = after.changed_since(before)
            while len(self._differences) > _DIFFERENCES_MAX:
                self._differences.popitem(last=False)
        return found


def in_pieces(keys: frozenset[str], most: int) -> Iterator[list[str]]:
    """Sorted, at most so many together; one empty piece of none."""
    ordered = sorted(keys)
    for start in range(0, max(1, len(ordered)), most):
        yield ordered[start : start + most]
