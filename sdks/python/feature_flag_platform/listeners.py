"""Listeners: who wants to know of changes is told of answers, never of versions or ages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from feature_flag_platform.evaluation.details import Detail
from feature_flag_platform.evaluation.views import View
from feature_flag_platform.status import State


@dataclass(frozen=True, slots=True)
class Change:
    """`flags`: the keys whose answers may be others for somebody. For a listener that named a user it is the one flag
    whose answer is another one for this user, `before` and `after`: FLAG_NOT_FOUND while it is not there."""

    flags: tuple[str, ...]
    before: Detail | None = None
    after: Detail | None = None


_ABSENT = Detail(None, None, "ERROR", "FLAG_NOT_FOUND", "there is no such flag")

Listener = Callable[[Change], object]
StateListener = Callable[[State], object]


class _Listening:
    """One listener. `context` None: it named no user. `served`: what the user was served last."""

    __slots__ = ("context", "flag", "listener", "served")

    def __init__(self, listener: Listener, flag: str | None, context: Any) -> None:
        self.listener = listener
        self.flag = flag
        self.context = context
        self.served: dict[str, Detail] = {}

    def evaluate(self, view: View, now: int) -> dict[str, Detail]:
        if self.flag is not None:
            return {self.flag: view.decide(self.flag, self.context, now).detail}
        return {key: outcome.detail for key, outcome in view.decide_all(self.context, now)}


class Listeners:
    """Of one client. They are called by the thread that follows the configuration; one that raises is logged."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._listening: list[_Listening] = []
        self._states: list[StateListener] = []
        self._state: State | None = None
        self._lock = threading.Lock()

    def forked(self) -> None:
        """In a child process, whose parent may have held the lock."""
        self._lock = threading.Lock()

    def add_state(self, listener: StateListener) -> None:
        """Is called with each next state of the client."""
        with self._lock:
            self._states = [*self._states, listener]

    def tell_state(self, state: State) -> None:
        """The state now; listeners hear of it when it is another one."""
        if state is self._state:
            return
        self._state = state
        for listener in self._states:
            try:
                listener(state)
            except Exception:
                self._logger.exception("a listener of states failed")

    def add(self, listener: Listener, flag: str | None, context: Any, view: View, now: int) -> Callable[[], None]:
        """Answers a function that ends it. `context` None: of nobody in particular."""
        listening = _Listening(listener, flag, context)
        if context is not None:
            listening.served = listening.evaluate(view, now)
        with self._lock:
            self._listening = [*self._listening, listening]

        def end() -> None:
            with self._lock:
                self._listening = [each for each in self._listening if each is not listening]

        return end

    def tell(self, keys: set[str], view: View, now: int) -> None:
        """After a change: `keys` are those whose answers may be others."""
        for listening in self._listening:
            if listening.context is not None:
                self._tell_of_user(listening, view, now)
            elif listening.flag is None and keys:
                self._call(listening, Change(tuple(sorted(keys))))
            elif listening.flag in keys:
                self._call(listening, Change((listening.flag,)))

    def look(self, view: View, now: int) -> None:
        """Experiments start and targets expire without any change: who named a user is told of that, too."""
        for listening in self._listening:
            if listening.context is not None:
                self._tell_of_user(listening, view, now)

    def _tell_of_user(self, listening: _Listening, view: View, now: int) -> None:
        before, after = listening.served, listening.evaluate(view, now)
        listening.served = after
        for key in _different(before, after):
            self._call(listening, Change((key,), before.get(key, _ABSENT), after.get(key, _ABSENT)))

    def _call(self, listening: _Listening, change: Change) -> None:
        try:
            listening.listener(change)
        except Exception:
            self._logger.exception("a listener of flag changes failed")


def _different(before: Mapping[str, Detail], after: Mapping[str, Detail]) -> list[str]:
    return [
        key
        for key in sorted({*before, *after})
        if _answer(before.get(key, _ABSENT)) != _answer(after.get(key, _ABSENT))
    ]


def _answer(detail: Detail) -> tuple[Any, ...]:
    """What a listener is told of; a truth value and a number are not the same, though Python says so."""
    return detail.value.__class__, detail.value, detail.variant, detail.reason, detail.error_code
