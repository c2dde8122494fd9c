"""Sending: the thread that takes batches out of the queue and to the ingestor. Nobody waits for it but who flushes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from feature_flag_platform.errors import Unreachable
from feature_flag_platform.evaluation.usage_counts import UsageCounts
from feature_flag_platform.events.batches import Batch, pack, verdict_on
from feature_flag_platform.events.queue import EventQueue
from feature_flag_platform.events.usage_events import usage_events
from feature_flag_platform.http_client import HttpClient, reason_of_refusal
from feature_flag_platform.notices import Notices
from feature_flag_platform.options import Options
from feature_flag_platform.pauses import pause

RETRY_SECONDS_MAX = 300.0
_NAMES_SECONDS = 3_600.0
_JOIN_SECONDS = 1.0
_PATH = "/v1/events"


class Delivery:
    """Of one client. `addresses` says where events may go now, the best first."""

    def __init__(
        self,
        options: Options,
        queue: EventQueue,
        counts: UsageCounts,
        addresses: Callable[[], list[str]],
        notices: Notices,
    ) -> None:
        self._options = options
        self._queue = queue
        self._counts = counts
        self._addresses = addresses
        self._notices = notices
        self._http = HttpClient(options.env_key)
        self._hurry = threading.Event()
        self._rounds = threading.Condition()
        self._asked = self._answered = 0
        self._closing = False
        self._rotation = 0
        self._usage_since = time.time_ns() // 1_000_000
        self._thread = threading.Thread(target=self._run, name="feature-flags-events", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def flush(self, seconds: float) -> bool:
        """Sends what is queued and counted now; True when nothing is left within the time."""
        deadline = time.monotonic() + seconds
        with self._rounds:
            self._asked += 1
            ticket = self._asked
            self._hurry.set()
            self._queue.wake.set()
            while self._answered < ticket or self._queue.queued:
                left = deadline - time.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    break
                self._rounds.wait(left)
        return not self._queue.queued

    def close(self, seconds: float) -> bool:
        """The same, then ends the thread."""
        done = self.flush(seconds)
        self._closing = True
        self._hurry.set()
        self._queue.wake.set()
        self._thread.join(_JOIN_SECONDS)
        return done

    def _run(self) -> None:
        usage_due = time.monotonic() + self._options.usage_interval
        names_due = time.monotonic() + _NAMES_SECONDS
        while not self._closing:
            self._queue.wake.wait(min(self._options.flush_interval, max(usage_due - time.monotonic(), 0.0)))
            self._queue.wake.clear()
            asked = self._asked
            if asked > self._answered or time.monotonic() >= usage_due:
                self._tell_usage()
                usage_due = time.monotonic() + self._options.usage_interval
            if time.monotonic() >= names_due:
                self._counts.forget_names()
                names_due = time.monotonic() + _NAMES_SECONDS
            self._empty()
            with self._rounds:
                self._answered = asked
                self._rounds.notify_all()
        self._http.close()

    def _tell_usage(self) -> None:
        since, self._usage_since = self._usage_since, time.time_ns() // 1_000_000
        if not self._options.usage:
            return
        for event in usage_events(self._counts, since):
            self._queue.put(event)
        if lost := self._counts.take_lost():
            self._queue.drop("too_many_ways", lost)

    def _empty(self) -> None:
        """Sends until nothing is queued."""
        while not self._closing and (events := self._queue.take()):
            while events and not self._closing:
                batch = pack(events)
                events = events[batch.events + batch.too_large :]
                if batch.too_large:
                    self._queue.settle(batch.too_large, dropped={"too_large": batch.too_large})
                    self._notices.warn(("too_large",), "an event of more than 32 KiB was dropped")
                if batch.events:
                    self._deliver(batch)
            if events:
                self._queue.settle(len(events), dropped={"closed": len(events)})

    def _deliver(self, batch: Batch) -> None:
        """Sends one batch until it is answered for good, or the client is closed."""
        attempt = 0
        self._hurry.clear()
        while True:
            least = 0.0
            try:
                answer = self._http.post(self._address(), batch.body, encoding=batch.encoding)
            except Unreachable as error:
                self._rotation += 1
                self._notices.warn(("events",), "events can't be sent, and wait: %s", error)
            else:
                verdict = verdict_on(answer, batch.events)
                if not verdict.again:
                    self._notices.forget(("events",))
                    self._settle(batch, verdict.rejected, verdict.reason, verdict.message)
                    if verdict.refused:
                        self._refused(reason_of_refusal(answer.status, answer.body))
                    return
                least = verdict.retry_after
                if answer.status != 429:
                    self._rotation += 1
            seconds = pause(attempt, window=self._options.retry_first, cap=RETRY_SECONDS_MAX, least=least)
            attempt = 0 if self._hurried(seconds, least) else attempt + 1
            if self._closing:
                self._queue.settle(batch.events, dropped={"closed": batch.events})
                return

    def _hurried(self, seconds: float, least: float) -> bool:
        """Waits, but no longer than `least` where somebody flushes."""
        if self._closing:
            return True
        started = time.monotonic()
        hurried = self._hurry.wait(seconds)
        self._hurry.clear()
        while hurried and not self._closing and (left := started + least - time.monotonic()) > 0:
            self._hurry.wait(left)
            self._hurry.clear()
        return hurried

    def _settle(self, batch: Batch, rejected: int, reason: str, message: str) -> None:
        dropped = {reason: rejected} if rejected else None
        self._queue.settle(batch.events, sent=batch.events - rejected, dropped=dropped)
        if message:
            self._notices.warn(("rejected", message), "%s", message)

    def _refused(self, reason: str) -> None:
        self._notices.warn(("refused",), "events are dropped from now on: %s", reason)
        self._queue.close("refused")

    def _address(self) -> str:
        addresses = self._addresses()
        return addresses[self._rotation % len(addresses)] + _PATH
