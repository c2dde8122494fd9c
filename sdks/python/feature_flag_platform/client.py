"""The client: what an application asks for flags and tells of its users."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from bucketing.flagset import FlagType

from feature_flag_platform import lifetimes
from feature_flag_platform.evaluation.contexts import Contexts
from feature_flag_platform.evaluation.details import Detail, fresh
from feature_flag_platform.evaluation.outcomes import Outcome, failed, with_value
from feature_flag_platform.evaluation.views import View, WakingView
from feature_flag_platform.listeners import Listener, Listeners, StateListener
from feature_flag_platform.notices import Notices
from feature_flag_platform.options import ClientOptions, Options
from feature_flag_platform.runtime import Runtime
from feature_flag_platform.status import Status

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")
_TYPES: dict[type, FlagType] = {
    bool: FlagType.BOOLEAN,
    str: FlagType.STRING,
    int: FlagType.INTEGER,
    float: FlagType.NUMBER,
    dict: FlagType.OBJECT,
    list: FlagType.OBJECT,
}
ANY = None
"""Whatever type the flag is of."""


class FeatureFlagClient:
    """Evaluates flags in this process, and keeps what it evaluates from up to date.

    The options are those of docs/sdks.md. A user is a text (the targeting key), an object with `key` and `attributes`,
    or an OpenFeature evaluation context. No evaluation raises: the answer is then the default. One client serves a
    whole process and all of its threads. Raises ValueError for options that can't be."""

    def __init__(self, env_key: str, endpoint: str | Sequence[str], **options: Unpack[ClientOptions]) -> None:
        """Waits for a configuration, `start_wait` seconds at most."""
        self._options = Options(env_key=env_key, endpoint=endpoint, **options)
        self._notices = Notices(self._options.logger)
        self._contexts = Contexts(self._attribute_left_out)
        self._listeners = Listeners(self._options.logger)
        self._lock = threading.Lock()
        self._is_forked = False
        self._exposes = self._options.exposures == "automatic" and not self._options.offline
        self._counts = self._options.usage
        self._runtime = self._new_runtime()
        self._view: View = self._runtime.holder.view
        self._runtime.holder.load(self._options.bootstrap)
        self._runtime.start()
        lifetimes.watch(self)
        self._runtime.wait_settled(self._options.start_wait)

    def is_enabled(self, flag: str, user: Any = None) -> bool:
        """The boolean flag's value; False when it can't be told."""
        return self._ask(flag, user, FlagType.BOOLEAN).value is True

    @overload
    def variation(self, flag: str, user: Any, default: None = None) -> Any: ...
    @overload
    def variation(self, flag: str, user: Any, default: T) -> T: ...
    def variation(self, flag: str, user: Any, default: Any = None) -> Any:
        """The flag's value, of the default's type; without a default of any type."""
        return self._value(flag, user, default, ANY if default is None else type_of(default))

    def boolean(self, flag: str, user: Any, default: bool) -> bool:
        """The value of a boolean flag."""
        found: bool = self._value(flag, user, default, FlagType.BOOLEAN)
        return found

    def string(self, flag: str, user: Any, default: str) -> str:
        """The value of a string flag."""
        found: str = self._value(flag, user, default, FlagType.STRING)
        return found

    def integer(self, flag: str, user: Any, default: int) -> int:
        """The value of an integer flag."""
        found: int = self._value(flag, user, default, FlagType.INTEGER)
        return found

    def number(self, flag: str, user: Any, default: float) -> float:
        """The value of a number flag, or of an integer flag."""
        found: float = self._value(flag, user, default, FlagType.NUMBER)
        return found

    def object(self, flag: str, user: Any, default: Any) -> Any:
        """The value of an object flag: an object or a list, which the caller may change."""
        return self._value(flag, user, default, FlagType.OBJECT)

    def detail(self, flag: str, user: Any, default: Any = None) -> Detail:
        """The value as `variation` gives it, with how it came about."""
        return self.typed_detail(flag, user, default, ANY if default is None else type_of(default))

    def typed_detail(self, flag: str, user: Any, default: Any, wanted: FlagType | str | None) -> Detail:
        """The same of a flag that must be of the type `wanted` (None: of any)."""
        outcome = self._ask(flag, user, wanted)
        if outcome.type is None:
            return with_value(outcome.detail, default)
        detail = outcome.told(self._contexts.of(user), _now()) if outcome.depends else outcome.shared()
        if outcome.type is FlagType.INTEGER and wanted is FlagType.NUMBER:
            return with_value(detail, float(detail.value))
        return detail

    def all_flags(self, user: Any = None) -> dict[str, Detail]:
        """The detail of each flag and remote config by its key. None of them is an exposure."""
        try:
            context, now = self._contexts.of(user), _now()
            details = {}
            for key, outcome in self._view.decide_all(context, now):
                if self._counts:
                    outcome.count_bulk()
                details[key] = outcome.told(context, now)
            return details
        except Exception as error:
            self._unforeseen(error)
            return {}

    def config(self, key: str, user: Any, default: Any) -> Any:
        """A remote config's object, which the caller may change; a flag's key is none of a remote config."""
        try:
            if not self._view.is_remote_config(key):
                missing = failed(key, "FLAG_NOT_FOUND", "there is no such remote config", self._awake().counts)
                if self._counts:
                    missing.count()
                return default
        except Exception as error:
            self._unforeseen(error)
            return default
        return self._value(key, user, default, FlagType.OBJECT)

    def explain(self, flag: str, user: Any = None) -> dict[str, Any]:
        """The decision with its trace: which steps were taken, and what each of them found."""
        try:
            return self._view.explain(flag, self._contexts.of(user), _now())
        except Exception as error:
            outcome = self._unforeseen(error, flag)
            return {"decision": {"flag": flag, **outcome.detail.to_dict()}, "steps": [], "segments": {}}

    def track_metric(
        self, name: str, value: float | None = None, user: Any = None, properties: Mapping[str, Any] | None = None
    ) -> None:
        """Queues what this user did. `value` None: it only counts; one that is no number up to 1e15 drops the event."""
        try:
            self._awake().metric_events.track(name, value, user, properties)
        except Exception as error:
            self._unforeseen(error)

    def track_exposure(self, flag: str, user: Any) -> None:
        """Evaluates, and queues the exposure whatever the flag says; nothing where `exposures` is `off`."""
        if self._options.exposures == "off" or self._options.offline:
            return
        try:
            runtime, context, now = self._awake(), self._contexts.of(user), _now()
            runtime.exposures.offer(self._view.decide(flag, context, now), context, now)
        except Exception as error:
            self._unforeseen(error)

    def flush(self, timeout: float = 5.0) -> bool:
        """Sends what is queued; True when nothing is left after at most `timeout` seconds."""
        return self._awake().flush(timeout)

    def close(self, timeout: float = 5.0) -> bool:
        """Flushes, and ends streams and threads; True when nothing is left. Evaluations go on with what is held."""
        runtime = self._runtime
        if self._is_forked:
            return True
        return runtime.close(timeout)

    def ready(self, timeout: float = 0.0) -> bool:
        """Waits for a configuration, `timeout` seconds at most; True when there is one."""
        runtime = self._awake()
        deadline = time.monotonic() + timeout
        while not runtime.holder.holds:
            left = deadline - time.monotonic()
            follower = runtime.follower
            if left <= 0 or runtime.closed or follower is None or follower.refused is not None:
                break
            runtime.holder.held.wait(min(left, 1.0))
        return runtime.holder.holds

    def on_change(self, listener: Listener, flag: str | None = None, user: Any = None) -> Callable[[], None]:
        """Calls the listener with each Change of this flag, or of all; where a user is named, with those of this user's
        answers. Answers a function that ends it."""
        self._awake()
        context = None if user is None else self._contexts.of(user)
        return self._listeners.add(listener, flag, context, self._view, _now())

    def on_state(self, listener: StateListener) -> None:
        """Calls the listener with each next state of this client."""
        self._listeners.add_state(listener)

    def status(self) -> Status:
        """What is held, since when and from where, and what became of the events."""
        return self._awake().status()

    def __enter__(self) -> FeatureFlagClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _ask(self, flag: str, user: Any, wanted: FlagType | str | None) -> Outcome:
        """Evaluates, counts, and queues the exposure. One whose type is not the wanted one is an error."""
        try:
            context = {"targetingKey": user} if user.__class__ is str else self._contexts.of(user)
            now = time.time_ns() // 1_000_000
            outcome = self._view.decide(flag, context, now)
            found = outcome.type
            if (
                found is not wanted
                and wanted is not None
                and found is not None
                and not (found is FlagType.INTEGER and wanted is FlagType.NUMBER)
            ):
                outcome = self._view.mismatch(flag, found, wanted)
            if self._counts:
                outcome.count()
            if outcome.exposed and self._exposes and outcome.under_way(now):
                self._runtime.exposures.offer(outcome, context, now)
            return outcome
        except Exception as error:
            return self._unforeseen(error, flag)

    def _value(self, flag: str, user: Any, default: Any, wanted: FlagType | str | None) -> Any:
        outcome = self._ask(flag, user, wanted)
        found = outcome.type
        if found is None:
            return default
        if found is FlagType.OBJECT:
            return fresh(outcome.value)
        return float(outcome.value) if wanted is FlagType.NUMBER else outcome.value

    def _new_runtime(self) -> Runtime:
        return Runtime(self._options, self._contexts, self._notices, self._put, self._tick)

    def _put(self, view: View, keys: set[str]) -> None:
        """The next view serves; `keys` may answer otherwise in it."""
        self._view = view
        self._listeners.tell(keys, view, _now())

    def _tick(self) -> None:
        self._listeners.look(self._view, _now())
        self._listeners.tell_state(self._runtime.state())

    def _forked(self) -> None:
        """In a child process: the next evaluation, or whatever else is asked, begins anew there."""
        self._lock = threading.Lock()
        self._listeners.forked()
        if not self._runtime.closed:
            self._is_forked = True
            self._view = WakingView(lambda: self._awake().holder.view)

    def _awake(self) -> Runtime:
        """What works for this client in this process."""
        if not self._is_forked:
            return self._runtime
        with self._lock:
            if self._is_forked:
                parent = self._runtime
                self._runtime = self._new_runtime()
                self._view = self._runtime.holder.view
                self._runtime.holder.adopt(parent.holder)
                lifetimes.leave_behind(parent)
                self._is_forked = False
                self._runtime.start()
        return self._runtime

    def _unforeseen(self, error: Exception, flag: Any = "") -> Outcome:
        """The last line of defence: nothing that a program passes in may raise."""
        kind = type(error).__name__
        self._notices.warn(("unforeseen", kind, str(error)), "something unforeseen failed: %s: %s", kind, error)
        return failed(flag, "GENERAL", f"the evaluation failed: {kind}", self._awake().counts)

    def _attribute_left_out(self, name: str) -> None:
        self._notices.warn(("attribute", name), "the attribute %r can't be JSON, and is left out", name)


def type_of(default: Any) -> FlagType | str:
    """The type of flags that a default asks for; the name of its class where there are none of that type."""
    wanted = _TYPES.get(default.__class__)
    if wanted is not None:
        return wanted
    inherited = (kind for kind in type(default).__mro__ if kind in _TYPES)
    kind = next(inherited, None)
    return type(default).__name__ if kind is None else _TYPES[kind]


def _now() -> int:
    return time.time_ns() // 1_000_000
