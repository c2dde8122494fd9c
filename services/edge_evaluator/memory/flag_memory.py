"""The current configuration of each environment. An update is one assignment; readers never wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge_evaluator.memory.change_log import ChangeLog
from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.grants import Grant, KeyKind, key_hash
from edge_evaluator.memory.views import Selection, View


class Held:
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
        before: Held | None = None,
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

    def view(self, grant: Grant) -> View:
        return self._client if grant.is_client else self._server

    def restamp(self, age_seconds: int) -> None:
        if age_seconds != self.age_seconds:
            self.age_seconds = age_seconds
            self._server.restamp(age_seconds)
            self._client.restamp(age_seconds)

    def phase(self, now: int) -> int:
        return self._server.phase(now)


@dataclass(frozen=True, slots=True)
class State:
    """All that is served at one moment."""

    environments: Mapping[str, Held] = field(default_factory=dict)
    grants: Mapping[bytes, Grant] = field(default_factory=dict)
    stream_tokens: Mapping[str, Grant] = field(default_factory=dict)


class FlagMemory:
    """`state` is replaced whole. `complete` becomes true once all that the bus holds has been seen: from then on
    an unknown key is a wrong key."""

    def __init__(self) -> None:
        self.state = State()
        self._changed: dict[str, asyncio.Event] = {}
        self.complete = False

    @property
    def environments(self) -> Mapping[str, Held]:
        """By environment id."""
        return self.state.environments

    @property
    def ready(self) -> bool:
        return self.complete or bool(self.state.environments)

    def put(self, held: Held) -> None:
        """Serves `held` from the next request on."""
        config = held.config
        before = self.state
        others = [grant for grant in before.grants.values() if grant.environment_id != config.environment_id]
        grants = [*others, *config.grants]
        self.state = State(
            {**before.environments, config.environment_id: held},
            {grant.sha256: grant for grant in grants},
            {grant.stream_token: grant for grant in grants},
        )
        self.announce(config.environment_id)

    def grant_of(self, sdk_key: bytes, now: int) -> Grant | None:
        """What the key opens at `now` (epoch milliseconds), None for an unknown, revoked or expired one."""
        return self.grant_of_hash(key_hash(sdk_key), now)

    def grant_of_hash(self, key_sha256: bytes, now: int) -> Grant | None:
        grant = self.state.grants.get(key_sha256)
        return grant if grant is not None and grant.valid_at(now) else None

    def grant_of_stream(self, token: str, now: int) -> Grant | None:
        grant = self.state.stream_tokens.get(token)
        return grant if grant is not None and grant.valid_at(now) else None

    def held(self, grant: Grant) -> Held:
        return self.state.environments[grant.environment_id]

    def announce(self, environment_id: str) -> None:
        """Wakes everybody who waits for a change of this environment."""
        waiting = self._changed.pop(environment_id, None)
        if waiting is not None:
            waiting.set()

    async def changed(self, environment_id: str, timeout_seconds: float) -> bool:
        """True at the environment's next change, False after the time. Look again afterwards."""
        event = self._changed.setdefault(environment_id, asyncio.Event())
        try:
            return await asyncio.wait_for(event.wait(), timeout_seconds)
        except TimeoutError:
            return False
