"""Following: the thread that keeps what is held the newest, by the stream, and by polling where streams can't pass."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable

from feature_flag_platform.configuration.edge import Edge, Stream
from feature_flag_platform.configuration.endpoints import Endpoints
from feature_flag_platform.configuration.holder import Holder
from feature_flag_platform.configuration.server_sent_events import ServerSentEvent
from feature_flag_platform.errors import Refused, Unreachable
from feature_flag_platform.options import Options
from feature_flag_platform.pauses import pause
from feature_flag_platform.status import Mode, Source

PAUSE_SECONDS_MAX = 30.0
LIVED_SECONDS = 60.0
"""After which a connection is a good one, and failures are counted anew."""
BARREN_MAX = 3
STREAM_AGAIN_SECONDS = 300.0
ENVIRONMENT_AGAIN_SECONDS = 300.0
_JITTER = 0.1
_SUSPICIONS_MAX = 2
_OLDER = "the edge serves an older version than the one that is held"


class Follower:
    """Of one client. `settled` is set once the edge has answered for the first time, or will not.

    `tick` is called now and then, at least with every heartbeat of the stream."""

    def __init__(self, options: Options, endpoints: Endpoints, holder: Holder, tick: Callable[[], None]) -> None:
        self._options = options
        self._endpoints = endpoints
        self._holder = holder
        self._tick = tick
        self._edge = Edge(options.env_key, endpoints)
        self._log: logging.Logger = options.logger
        self._closing = threading.Event()
        self._stream: Stream | None = None
        self._failures = 0
        self._brought = False
        self._window = options.retry_first
        self._barren = 0
        """Streams in a row that brought nothing, not even a heartbeat."""
        self._suspicions = 0
        self._streams_fail = False
        """It is proven that streams can't pass."""
        self._stream_again = 0.0
        self._environment_again = 0.0
        self._troubled = False
        self.settled = threading.Event()
        self.refused: str | None = None
        self.last_error: str | None = None
        self.mode = Mode.NONE
        self._thread = threading.Thread(target=self._run, name="feature-flags-configuration", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, seconds: float) -> None:
        """Ends the thread; waits for it unless this is it."""
        self._closing.set()
        stream = self._stream
        if stream is not None:
            stream.interrupt()
        if threading.current_thread() is not self._thread:
            self._thread.join(seconds)

    @property
    def is_here(self) -> bool:
        """Whether the caller is this thread."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        try:
            self._attempt(self._read_config)
            while not self._closing.is_set():
                if self._polls:
                    self._poll()
                else:
                    self._attempt(self._follow_stream)
        except Refused as error:
            self._refuse(error)
        except Exception as error:
            # The last line of defence: what nobody foresaw must be told, and evaluations go on.
            self._log.exception("the configuration is not followed any more")
            self.last_error = f"{type(error).__name__}: {error}"
        finally:
            self.mode = Mode.NONE
            self.settled.set()
            self._holder.save(now=True)
            self._tick()
            self._edge.close()

    @property
    def _polls(self) -> bool:
        return self._options.polling == "always" or time.monotonic() < self._stream_again

    def _attempt(self, step: Callable[[], None]) -> None:
        """One attempt; after a failure the pause that follows."""
        begun = time.monotonic()
        try:
            step()
        except Unreachable as error:
            self._fail(error)
            if time.monotonic() - begun >= LIVED_SECONDS:
                self._failures = 0
            if step == self._follow_stream and not self._brought:
                self._consider_polling()
            self._wait(pause(self._failures, window=self._window, cap=PAUSE_SECONDS_MAX, least=error.retry_after))
            self._failures += 1

    def _fail(self, error: Unreachable) -> None:
        if self._closing.is_set():
            return
        self.last_error = str(error)
        self._endpoints.failed()
        if self._holder.holds:
            self.settled.set()
        if not self._troubled:
            self._troubled = True
            self._log.warning("the edge can't be followed, and what is held goes on: %s", error)

    def _confirm(self) -> None:
        self._holder.confirm()
        self.last_error = None
        self.settled.set()
        if self._troubled:
            self._troubled = False
            self._log.info("the edge is followed again")

    def _refuse(self, error: Refused) -> None:
        self.refused = self.last_error = str(error)
        self._log.error("the SDK key is refused, and nothing is asked for any more: %s", error)

    def _wait(self, seconds: float) -> None:
        """Between attempts; shows the age of what is held meanwhile."""
        deadline = time.monotonic() + seconds
        while not self._closing.is_set() and (left := deadline - time.monotonic()) > 0:
            self._closing.wait(min(left, 1.0))
            self._holder.show_age()
            self._tick()

    def _read_config(self) -> None:
        answer = self._edge.config(self._holder.etag)
        if answer.document is not None and not self._holder.take(
            answer.document, Source.EDGE, etag=answer.etag, stream_id=answer.stream_id, fetch=self._edge.chunk
        ):
            raise Unreachable(_OLDER)
        self._learn_environment()
        self._confirm()
        self._holder.save()

    def _learn_environment(self) -> None:
        """At the start, and every five minutes. That it can't be had now is no reason to stop."""
        if time.monotonic() < self._environment_again:
            return
        self._environment_again = time.monotonic() + ENVIRONMENT_AGAIN_SECONDS * random.uniform(
            1 - _JITTER, 1 + _JITTER
        )
        try:
            self._holder.learn(self._edge.environment())
        except Unreachable as error:
            self.last_error = str(error)
            self._environment_again = time.monotonic() + PAUSE_SECONDS_MAX

    def _poll(self) -> None:
        self.mode = Mode.POLL
        try:
            self._read_config()
        except Unreachable as error:
            self._fail(error)
            self._wait(pause(self._failures, window=self._window, cap=PAUSE_SECONDS_MAX, least=error.retry_after))
            self._failures += 1
            return
        self._failures = 0
        self._try_first()
        self._between()
        self._wait(_about(self._options.poll_interval))

    def _consider_polling(self) -> None:
        """Streams that bring nothing again and again while the configuration can be read can't pass. It must be read
        twice: an edge may have come back between a stream and this request."""
        self._barren += 1
        if self._closing.is_set():
            return
        if self._streams_fail:
            # That was one more trial of a stream, while the configuration is asked for.
            self._stream_again = time.monotonic() + STREAM_AGAIN_SECONDS
            return
        if self._barren < BARREN_MAX:
            return
        try:
            self._read_config()
        except Unreachable:
            self._suspicions = 0
            return
        self._suspicions += 1
        if self._suspicions >= _SUSPICIONS_MAX:
            every = self._options.poll_interval
            self._log.warning("streams can't pass, so the configuration is asked for every %g s", every)
            self._stream_again = time.monotonic() + STREAM_AGAIN_SECONDS
            self._failures = self._barren = self._suspicions = 0
            self._streams_fail = True

    def _follow_stream(self) -> None:
        """Until the stream ends, which is always a failure of it."""
        resumed, self._brought = self._holder.stream_id, False
        stream = self._stream = self._edge.stream(resumed, self._options.silence)
        self.mode = Mode.STREAM
        try:
            follows = resumed is not None
            for events in stream.pieces():
                self._brought, self._barren, self._suspicions = True, 0, 0
                self._streams_fail = False
                for event in events:
                    follows = self._take(event, follows)
                self._window = max(self._options.retry_first, stream.retry_seconds)
                if follows:
                    self._confirm()
                self._learn_environment()
                self._between()
                if self._closing.is_set() or self._try_first():
                    return
        finally:
            self._stream = None
            self.mode = Mode.NONE
            stream.close()
        raise Unreachable("the stream ended")

    def _take(self, event: ServerSentEvent, follows: bool) -> bool:
        """Whether what is held is what the stream goes on from."""
        if event.event not in ("snapshot", "change"):
            return follows
        try:
            data = json.loads(event.data)
        except (ValueError, RecursionError) as error:
            raise self._begin_anew("the stream has an event that is no JSON") from error
        if event.event == "snapshot":
            taken = self._holder.take(data, Source.EDGE, stream_id=event.id, fetch=self._edge.chunk)
            if not taken:
                # The stream stays open: when the edge has caught up it tells of it by a change.
                self.last_error = _OLDER
                self.settled.set()
            return taken
        if not follows or not self._holder.change(data, event.id, self._edge.chunk):
            raise self._begin_anew("the stream has a change that does not follow what is held")
        return True

    def _begin_anew(self, message: str) -> Unreachable:
        """The next stream begins with a snapshot."""
        self._holder.stream_id = None
        return Unreachable(message)

    def _between(self) -> None:
        """What is done now and then beside following."""
        self._holder.save()
        self._holder.retry_chunks(self._edge.chunk)
        self._tick()

    def _try_first(self) -> bool:
        """Whether the first endpoint, which had failed, answers again."""
        if not self._endpoints.first_is_due:
            return False
        try:
            self._edge.environment(self._endpoints.first)
        except Unreachable:
            self._endpoints.first_failed_again()
            return False
        self._endpoints.prefer_first()
        return True


def _about(seconds: float) -> float:
    """A tenth more or less, so that clients don't ask in step."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)
