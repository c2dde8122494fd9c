"""What works for a client in one process: what it holds, and the threads that follow the edge and send events."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from feature_flag_platform.configuration.endpoints import Endpoints
from feature_flag_platform.configuration.follower import Follower
from feature_flag_platform.configuration.holder import STALE_SECONDS, Holder
from feature_flag_platform.configuration.store import Store
from feature_flag_platform.evaluation.contexts import Contexts
from feature_flag_platform.evaluation.usage_counts import UsageCounts
from feature_flag_platform.evaluation.views import View
from feature_flag_platform.events.delivery import Delivery
from feature_flag_platform.events.exposures import Exposures
from feature_flag_platform.events.metric_events import MetricEvents
from feature_flag_platform.events.privacy import Privacy
from feature_flag_platform.events.queue import EventQueue
from feature_flag_platform.notices import Notices
from feature_flag_platform.options import Options
from feature_flag_platform.status import EventFigures, Mode, State, Status


class Runtime:
    """The parts of one client in one process. `told` hears of each next view with the keys that may answer otherwise,
    `tick` is called now and then."""

    def __init__(
        self,
        options: Options,
        contexts: Contexts,
        notices: Notices,
        told: Callable[[View, set[str]], None],
        tick: Callable[[], None],
    ) -> None:
        self._options = options
        self.counts = UsageCounts()
        store = None if options.store is None else Store(Path(options.store), options.env_key, notices)
        self.holder = Holder(self.counts, notices, store, told)
        self.queue = EventQueue(options.queue_size, options.batch_size)
        privacy = Privacy(options.private_attributes, options.hash_keys_with)
        self.exposures = Exposures(self.queue, privacy)
        self.metric_events = MetricEvents(self.queue, privacy, contexts, notices)
        self._endpoints = Endpoints(options.endpoints)
        self.follower: Follower | None = None
        self.delivery: Delivery | None = None
        self.closed = False
        self._emptied = True
        self._state = State.STARTING
        self._since = time.time_ns() // 1_000_000
        self._begun = time.monotonic()
        if options.offline:
            self.queue.close("offline")
        else:
            self.follower = Follower(options, self._endpoints, self.holder, tick)
            self.delivery = Delivery(options, self.queue, self.counts, self._event_addresses, notices)

    def start(self) -> None:
        """Begins to follow the edge and to send events."""
        if self.follower is not None and self.delivery is not None:
            self.follower.start()
            self.delivery.start()

    def flush(self, seconds: float) -> bool:
        return self.delivery is None or self.delivery.flush(seconds)

    def close(self, seconds: float) -> bool:
        """Ends both threads; True when nothing was left, and the same when it is asked again. What is held stays."""
        if self.closed:
            return self._emptied
        deadline = time.monotonic() + seconds
        self.closed = True
        self._emptied = self.delivery is None or self.delivery.close(seconds)
        if self.follower is not None:
            self.follower.close(max(deadline - time.monotonic(), 0.5))
        self.queue.close("closed")
        self.state()
        return self._emptied

    def wait_settled(self, seconds: float) -> None:
        """Until the edge has answered, or won't."""
        if self.follower is not None and seconds > 0:
            self.follower.settled.wait(seconds)

    def state(self) -> State:
        """The state now; remembers since when it is."""
        now = self._state_now()
        if now is not self._state:
            self._state, self._since = now, time.time_ns() // 1_000_000
        return now

    def _state_now(self) -> State:
        holder, follower = self.holder, self.follower
        if self.closed:
            return State.CLOSED
        if follower is None:
            return State.OFFLINE
        if follower.refused is not None:
            return State.REFUSED
        if not holder.holds:
            return State.STARTING
        # What came from bootstrap or store is as good as confirmed when the client was made.
        confirmed = self._begun if holder.confirmed is None else holder.confirmed
        return State.STALE if time.monotonic() - confirmed >= STALE_SECONDS else State.READY

    def status(self) -> Status:
        state = self.state()
        queued, sent, dropped = self.queue.figures()
        follower, holder = self.follower, self.holder
        return Status(
            state=state,
            version=holder.view.version,
            since=self._since,
            confirmed_at=holder.confirmed_at,
            source=holder.source,
            mode=Mode.NONE if follower is None else follower.mode,
            endpoint=self._endpoints.current,
            last_error=None if follower is None else follower.last_error,
            events=EventFigures(queued, sent, dropped),
        )

    def _event_addresses(self) -> list[str]:
        """The ingestor's, or the edges', which pass events on."""
        told = self._options.events_endpoint or self.holder.environment.events_url
        return self._endpoints.in_order() if told is None else [told]
