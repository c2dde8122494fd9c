"""The current configuration of each environment. An update is one assignment; readers never wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from messages.sdk_keys import KeyKind, KeyRing, SdkKey

from edge_evaluator.memory.change_log import ChangeLog
from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.views import Selection, View


class HeldConfig:
    """One environment's configuration and how each kind of key sees it.

    `confirmed_at`: when the bus last said that this is the newest, epoch milliseconds. `announced_phase`: see
    `View.phase`; whoever waits for changes has been told of it. `log`: the changes that led here.
    """

    __slots__ = ("_client", "_selection", "_server", "age_seconds", "announced_phase", "config", "confirmed_at", "log")

    def __init__(
        self,
        config: EnvironmentConfig,
        confirmed_at: int,
        now: int,
        before: HeldConfig | None = None,
        changed: Iterable[str] | None = None,
    ) -> None:
        """`changed`: the flags that may differ from `before`, None for any."""
        self.config = config
        self.confirmed_at = confirmed_at
        self.age_seconds = 0
        self.log: ChangeLog = before.log if before is not None else ChangeLog()
        self._selection: Selection = Selection.of(config.flagset, before._selection if before else None, changed)
        self._server = View(config, self._selection, KeyKind.SERVER)
        self._client = View(config, self._selection, KeyKind.CLIENT)
        self.announced_phase = self._server.phase(now)

    def view(self, key: SdkKey) -> View:
        return self._client if key.is_client else self._server

    def restamp(self, age_seconds: int) -> None:
        if age_seconds != self.age_seconds:
            self.age_seconds = age_seconds
            self._server.restamp(age_seconds)
            self._client.restamp(age_seconds)

    def phase(self, now: int) -> int:
        return self._server.phase(now)


@dataclass(frozen=True, slots=True)
class ServedState:
    """All that is served at one moment."""

    environments: Mapping[str, HeldConfig] = field(default_factory=dict)
    stream_tokens: Mapping[str, SdkKey] = field(default_factory=dict)


class FlagMemory:
    """The configs that an edge serves.

    `state` is replaced whole. `complete` becomes true once all that the bus holds has been seen: from then on
    an unknown key is a wrong key."""

    def __init__(self) -> None:
        self.state = ServedState()
        self._keys = KeyRing()
        self._changed: dict[str, asyncio.Event] = {}
        self.complete = False

    @property
    def environments(self) -> Mapping[str, HeldConfig]:
        """By environment id."""
        return self.state.environments

    @property
    def ready(self) -> bool:
        return self.complete or bool(self.state.environments)

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
        self._keys.put(environment_id, config.sdk_keys)
        self.announce(environment_id)

    def find(self, presented: bytes, now: int) -> SdkKey | None:
        """The key at `now` (epoch milliseconds), None for an unknown, revoked or expired one."""
        return self._keys.find(presented, now)

    def find_hash(self, sha256: bytes, now: int) -> SdkKey | None:
        """The same for a key that was found before."""
        return self._keys.find_hash(sha256, now)

    def find_stream(self, token: str, now: int) -> SdkKey | None:
        """The same for the token in the address of an event stream."""
        key = self.state.stream_tokens.get(token)
        return key if key is not None and key.valid_at(now) else None

    def held(self, key: SdkKey) -> HeldConfig:
        return self.state.environments[key.environment_id]

    def announce(self, environment_id: str) -> None:
        """Wakes everybody who waits for a change of this environment."""
        waiting = self._changed.pop(environment_id, None)
        if waiting is not None:
            waiting.set()

    async def changed(self, environment_id: str, timeout_seconds: float) -> bool:
        """True at the environment's next change, False after the time. Look again afterwards."""
        event = self._changed.setdefault(environment_id, asyncio.Event())
        try:
            async with asyncio.timeout(timeout_seconds):
                return await event.wait()
        except TimeoutError:
            return False
