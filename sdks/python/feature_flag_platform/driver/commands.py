"""The commands of the driver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from bucketing.compiled import CompiledFlagSet
from bucketing.flagset import FlagType

from feature_flag_platform.client import FeatureFlagClient
from feature_flag_platform.configuration.follower import PAUSE_SECONDS_MAX
from feature_flag_platform.driver.batches import compiled_of, evaluated
from feature_flag_platform.driver.clocks import Clock
from feature_flag_platform.driver.given_values import given
from feature_flag_platform.driver.hammering import Hammering
from feature_flag_platform.driver.resources import resources
from feature_flag_platform.evaluation.details import Detail
from feature_flag_platform.listeners import Change
from feature_flag_platform.pauses import pause

Command = Mapping[str, Any]


class Driver:
    """One client at a time, and what was asked of it."""

    def __init__(self) -> None:
        self._client: FeatureFlagClient | None = None
        self._hammering: Hammering | None = None
        self._compiled: CompiledFlagSet | None = None
        self._changes: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._clock = Clock()

    def obey(self, command: Command) -> Any:
        """The result of a command. Raises for one that can't be obeyed."""
        name = command["do"]
        obeyed: Callable[[Command], Any] | None = getattr(self, f"do_{name}", None)
        if obeyed is None:
            raise ValueError(f"there is no command {name!r}")
        return obeyed(command)

    @property
    def client(self) -> FeatureFlagClient:
        if self._client is None:
            raise ValueError("no client was started")
        return self._client

    def do_start(self, command: Command) -> None:
        if self._client is not None:
            self._client.close(0)
        self._changes = []
        self._client = FeatureFlagClient(**command["options"])

    def do_detail(self, command: Command) -> dict[str, Any]:
        flag, user, default = command["flag"], given(command.get("user")), given(command.get("default"))
        kind = command.get("type")
        if kind is None:
            return self.client.detail(flag, user, default).to_dict()
        wanted = None if kind == "any" else FlagType(kind)
        return self.client.typed_detail(flag, user, default, wanted).to_dict()

    def do_all_flags(self, command: Command) -> dict[str, Any]:
        return {key: each.to_dict() for key, each in self.client.all_flags(given(command.get("user"))).items()}

    def do_config(self, command: Command) -> Any:
        return self.client.config(command["key"], given(command.get("user")), given(command.get("default")))

    def do_explain(self, command: Command) -> dict[str, Any]:
        return self.client.explain(command["flag"], given(command.get("user")))

    def do_track_metric(self, command: Command) -> None:
        told = {name: given(command.get(name)) for name in ("name", "value", "user", "properties")}
        self.client.track_metric(**told)

    def do_track_exposure(self, command: Command) -> None:
        self.client.track_exposure(command["flag"], given(command.get("user")))

    def do_flush(self, command: Command) -> bool:
        return self.client.flush(command.get("timeout", 5.0))

    def do_status(self, _: Command) -> dict[str, Any]:
        return self.client.status().to_dict()

    def do_ready(self, command: Command) -> bool:
        return self.client.ready(command.get("timeout", 5.0))

    def do_close(self, command: Command) -> bool:
        return self.client.close(command.get("timeout", 5.0))

    def do_listen(self, command: Command) -> None:
        def heard(change: Change) -> None:
            with self._lock:
                self._changes.append(_told(change))

        self.client.on_change(heard, command.get("flag"), given(command.get("user")))

    def do_changes(self, _: Command) -> list[dict[str, Any]]:
        with self._lock:
            told, self._changes = self._changes, []
        return told

    def do_hammer(self, command: Command) -> None:
        users = [given(user) for user in command["users"]]
        self._hammering = Hammering(self.client, command["flags"], users, command.get("per_second", 10_000))

    def do_hammered(self, _: Command) -> dict[str, Any]:
        if self._hammering is None:
            raise ValueError("nothing is hammered")
        return self._hammering.stop()

    def do_resources(self, _: Command) -> dict[str, int]:
        return resources()

    def do_clock(self, command: Command) -> None:
        self._clock.jump(command["jump"])

    def do_batch(self, command: Command) -> None:
        self._compiled = compiled_of(command["config"])

    def do_evaluate(self, command: Command) -> list[dict[str, Any]]:
        if self._compiled is None:
            raise ValueError("no batch was begun")
        return [evaluated(self._compiled, item) for item in command["items"]]

    def do_backoff(self, command: Command) -> list[float]:
        window = command.get("window_ms", 1000) / 1000
        return [pause(attempt, window=window, cap=PAUSE_SECONDS_MAX) * 1000 for attempt in command["attempts"]]


def _told(change: Change) -> dict[str, Any]:
    if change.before is None and change.after is None:
        return {"flags": list(change.flags)}
    return {"flag": change.flags[0], "before": _answer(change.before), "after": _answer(change.after)}


def _answer(detail: Detail | None) -> dict[str, Any] | None:
    if detail is None:
        return None
    return {"value": detail.value, "variant": detail.variant, "reason": detail.reason}
