"""The current configuration of each environment. An update is one assignment; readers never wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from messages.sdk_keys import KeyKind, KeyRing, RefusedKey, SdkKey

from edge_evaluator.memory.change_log import ChangeLog
from edge_evaluator.memory.config_document import ConfigDocument
from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.kept_answers import KeptAnswers
from edge_evaluator.memory.selection import Selection
from edge_evaluator.memory.views import View


class HeldConfig:
    """One environment's configuration and how each kind of key sees it.

    `confirmed`: when the bus last said that this is the newest, seconds of the monotonic clock. `log`: the changes of
    documents that led here.
    """

    __slots__ = ("_selection", "age_seconds", "config", "confirmed", "log", "published", "views")

    def __init__(
        self,
        config: EnvironmentConfig,
        confirmed: float,
        now: int,
        before: HeldConfig | None = None,
        changed: Iterable[str] | None = None,
    ) -> None:
        """`changed`: the flags whose answers may differ from `before`, None for any."""
        self.config = config
        self.confirmed = confirmed
        self.age_seconds = 0
        self.log: ChangeLog = before.log if before is not None else ChangeLog()
        self._selection: Selection = Selection.of(config, before._selection if before else None, changed)
        self.views: Mapping[KeyKind, View] = {kind: View(config, self._selection, kind, now) for kind in KeyKind}
        for kind, view in self.views.items():
            if before is not None:
                view.answers.tally = before.views[kind].answers.tally
            if before is not None and before.views[kind].announced.same_as(view.announced):
                view.since = before.views[kind].since
        self.published: ConfigDocument = ConfigDocument(
            config, self._selection.server, before.published if before else None
        )

    def view(self, key: SdkKey) -> View:
        return self.views[key.kind]

    def restamp(self, age_seconds: int) -> None:
        if age_seconds != self.age_seconds:
            self.age_seconds = age_seconds
            for view in self.views.values():
                view.restamp(age_seconds)


@dataclass(frozen=True, slots=True)
class ServedState:
    """All that is served at one moment."""

    environments: Mapping[str, HeldConfig] = field(default_factory=dict)
    stream_tokens: Mapping[str, SdkKey] = field(default_factory=dict)


class FlagMemory:
    """The configs that an edge serves.

    `state` is replaced whole, and `generation` is another number then. `complete` becomes true once all that the bus
    holds has been seen: from then on an unknown key is a wrong key. While nothing is held, `lack` says why."""

    def __init__(self, kept_answers: KeptAnswers | None = None) -> None:
        """`kept_answers`: by default none."""
        self.kept_answers = kept_answers or KeptAnswers(0)
        self.state = ServedState()
        self.generation = 0
        self._keys = KeyRing()
        self._changed: dict[tuple[str, KeyKind], asyncio.Event] = {}
        self._listeners: list[Callable[[str, KeyKind], None]] = []
        self.complete = False
        self.lack = "CONFIG has not been read yet"

    @property
    def environments(self) -> Mapping[str, HeldConfig]:
        """By environment id."""
        return self.state.environments

    @property
    def ready(self) -> bool:
        """Whether there is anything to answer from."""
        return bool(self.state.environments)

    @property
    def knows_all(self) -> bool:
        """Whether an unknown key is a wrong one."""
        return self.complete and self.ready

    def put(self, held: HeldConfig) -> None:
        """Serves `held` from the next request on."""
        config = held.config
        before = self.state
        environment_id = config.environment_id
        tokens = {token: key for token, key in before.stream_tokens.items() if key.environment_id != environment_id}
        self.state = ServedState(
            environments={**before.environments, environment_id: held},
            stream_tokens={**tokens, **config.stream_tokens},
        )
        self.generation += 1
        self._keys.put(environment_id, config.sdk_keys)
        self.announce(environment_id, KeyKind.SERVER)
        replaced = before.environments.get(environment_id)
        if replaced is not None:
            self.kept_answers.forget(replaced.views.values())
        if replaced is None or _differs(KeyKind.CLIENT, replaced, held):
            self.announce(environment_id, KeyKind.CLIENT)

    def find(self, presented: bytes, now: int) -> SdkKey | None:
        """The key at `now` (epoch milliseconds), None for an unknown, revoked or expired one."""
        return self._keys.find(presented, now)

    def find_hash(self, sha256: bytes, now: int) -> SdkKey | None:
        """The same for a key that was found before."""
        return self._keys.find_hash(sha256, now)

    def refused(self, sha256: bytes) -> RefusedKey:
        """Why a key that was not found opens nothing."""
        return self._keys.refused(sha256)

    def find_stream(self, token: str, now: int) -> SdkKey | None:
        """The same for the token in the address of an event stream."""
        key = self.state.stream_tokens.get(token)
        return key if key is not None and key.valid_at(now) else None

    def held(self, key: SdkKey) -> HeldConfig:
        return self.state.environments[key.environment_id]

    def announce(self, environment_id: str, kind: KeyKind) -> None:
        """Wakes everybody who waits with a key of this kind for a change of this environment."""
        for heard in self._listeners:
            heard(environment_id, kind)
        waiting = self._changed.pop((environment_id, kind), None)
        if waiting is not None:
            waiting.set()

    def listen(self, heard: Callable[[str, KeyKind], None]) -> None:
        """`heard` is called with the environment and the kind of each announcement; it may not wait."""
        self._listeners.append(heard)

    async def changed(self, key: SdkKey, timeout_seconds: float) -> bool:
        """True at the next change that the key may see, False after the time. Look again afterwards."""
        event = self._changed.setdefault((key.environment_id, key.kind), asyncio.Event())
        try:
            async with asyncio.timeout(timeout_seconds):
                return await event.wait()
        except TimeoutError:
            return False


def _differs(kind: KeyKind, before: HeldConfig, after: HeldConfig) -> bool:
    """Can it matter to a key of this kind? Its answers, the moments at which they change, and the keys themselves."""
    same = before.views[kind].announced.same_as(after.views[kind].announced)
    return not same or before.config.sdk_keys != after.config.sdk_keys
