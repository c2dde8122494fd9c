"""The supervisor's end of its workers' links: passes on what they ask and tell each other, and keeps the last figures
of each, so that those of one that dies are not lost."""

from __future__ import annotations

import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from service_kit.workers.frames import Frame, FrameReader, packed
from service_kit.workers.link import ANSWER_SECONDS_MAX
from service_kit.workers.telemetry_sums import departed

TELEMETRY = "telemetry"
DEPARTED = -1
"""Whose figures those of workers are that have ended."""
_PULSE_SECONDS = 1.0
SILENT_SECONDS = 2.0
_READ_BYTES = 256 * 1024
_UNSENT_BYTES_MAX = 16 * 1024 * 1024


@dataclass(slots=True, eq=False)
class _Line:
    """To one worker. `asked_at`: when it was asked what it has not answered yet. `figures`: the last it told."""

    number: int
    end: socket.socket
    reader: FrameReader = field(default_factory=FrameReader)
    unsent: bytearray = field(default_factory=bytearray)
    is_open: bool = True
    is_ready: bool = False
    asked_at: float | None = None
    figures: bytes = b""


@dataclass(slots=True, eq=False)
class _Inquiry:
    """One question to several workers. `asker` None: the supervisor itself. `reply_to`: the asker's number of it."""

    asker: _Line | None
    reply_to: int
    topic: str
    ends_at: float
    waiting: set[int]
    answers: dict[int, bytes | None]


class Hub:
    """All lines. `selector` is the one that the supervisor waits on."""

    def __init__(self, workers: int, selector: selectors.BaseSelector) -> None:
        self._workers = workers
        self._selector = selector
        self._lines: dict[int, _Line] = {}
        self._inquiries: dict[int, _Inquiry] = {}
        self._adopted: set[int] = set()
        self._has_served: set[int] = set()
        self._departed = b""
        self._last_id = 0
        self._pulse_at = 0.0

    @property
    def all_served(self) -> bool:
        """Every worker has been ready once."""
        return len(self._has_served) == self._workers

    def connect(self, number: int) -> socket.socket:
        """The worker's end of a new line."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        line = self._lines[number] = _Line(number, ours)
        self._selector.register(ours, selectors.EVENT_READ, line)
        return theirs

    def hang_up(self, number: int) -> None:
        """The worker has ended."""
        line = self._lines.pop(number)
        self._read(line)
        self._end(line)
        if line.figures:
            self._departed = departed(self._departed, line.figures)
        for inquiry_id, inquiry in tuple(self._inquiries.items()):
            if inquiry.asker is line:
                del self._inquiries[inquiry_id]
            else:
                self._note(inquiry_id, number, None)
        self._adopt(number)

    def close(self) -> None:
        """In a worker, which has no business with the supervisor's ends."""
        for line in self._lines.values():
            line.end.close()

    def silent(self, seconds: float) -> list[int]:
        """Workers that have served and have not answered for so long."""
        latest = time.monotonic() - seconds
        return [each.number for each in self._lines.values() if each.asked_at is not None and each.asked_at <= latest]

    def step(self) -> None:
        """What time alone brings: a pulse each second, the end of waiting for answers, neighbours for the silent."""
        now = time.monotonic()
        if now >= self._pulse_at:
            self._pulse_at = now + _PULSE_SECONDS
            self._inquire(None, Frame("ask", topic=TELEMETRY))
        for inquiry_id in [inquiry_id for inquiry_id, each in self._inquiries.items() if now >= each.ends_at]:
            for number in tuple(self._inquiries[inquiry_id].waiting):
                self._note(inquiry_id, number, None)
        for number in self.silent(SILENT_SECONDS):
            self._adopt(number)

    def serve(self, line: object, events: int) -> None:
        """`line`: what the selector knows the socket by."""
        if not isinstance(line, _Line):
            raise TypeError(line)
        if events & selectors.EVENT_WRITE:
            self._send(line)
        if events & selectors.EVENT_READ:
            self._read(line)

    def _read(self, line: _Line) -> None:
        while line.is_open:
            try:
                data = line.end.recv(_READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._end(line)
            for frame in line.reader.feed(data):
                self._take(line, frame)

    def _end(self, line: _Line) -> None:
        if line.is_open:
            line.is_open = line.is_ready = False
            line.asked_at = None
            self._selector.unregister(line.end)
            line.end.close()

    def _take(self, line: _Line, frame: Frame) -> None:
        if frame.kind == "answer":
            line.asked_at = None
            self._release(line.number)
            self._note(frame.id, line.number, frame.payload)
        elif frame.kind == "ask":
            if frame.topic == TELEMETRY:
                line.figures = frame.payload
            self._inquire(line, frame)
        elif frame.kind == "tell":
            for other in tuple(self._lines.values()):
                if other is not line and other.is_ready:
                    self._send(other, Frame("told", topic=frame.topic, payload=frame.payload))
        elif frame.kind == "ready":
            line.is_ready = True
            self._has_served.add(line.number)
            self._release(line.number)
            for number in self._adopted:
                self._send(line, Frame("adopt", number=number))

    def _inquire(self, asker: _Line | None, frame: Frame) -> None:
        now = time.monotonic()
        asked = [each for each in self._lines.values() if each is not asker and each.is_ready]
        # Who is known to be silent is asked, too, but not waited for.
        numbers = {each.number for each in asked} - set(self.silent(SILENT_SECONDS))
        own = set() if asker is None else {asker.number}
        self._last_id += 1
        inquiry_id = self._last_id
        self._inquiries[inquiry_id] = _Inquiry(
            asker=asker,
            reply_to=frame.id,
            topic=frame.topic,
            ends_at=now + ANSWER_SECONDS_MAX,
            waiting=numbers,
            answers=dict.fromkeys(set(range(self._workers)) - numbers - own),
        )
        for line in asked:
            line.asked_at = line.asked_at or now
            payload = b"" if frame.topic == TELEMETRY else frame.payload
            self._send(line, Frame("asked", inquiry_id, topic=frame.topic, payload=payload))
        if not numbers:
            self._conclude(inquiry_id)

    def _note(self, inquiry_id: int, number: int, answer: bytes | None) -> None:
        inquiry = self._inquiries.get(inquiry_id)
        if inquiry is None or number not in inquiry.waiting:
            return
        inquiry.waiting.discard(number)
        inquiry.answers[number] = answer
        line = self._lines.get(number)
        if inquiry.topic == TELEMETRY and answer is not None and line is not None:
            line.figures = answer
        if not inquiry.waiting:
            self._conclude(inquiry_id)

    def _conclude(self, inquiry_id: int) -> None:
        inquiry = self._inquiries.pop(inquiry_id)
        if inquiry.asker is None:
            return
        answers = inquiry.answers
        if inquiry.topic == TELEMETRY:
            others = [each for each in self._lines.values() if each is not inquiry.asker]
            answers = {DEPARTED: self._departed, **{each.number: each.figures for each in others}}
        self._send(inquiry.asker, Frame("answers", inquiry.reply_to, values=answers))

    def _adopt(self, number: int) -> None:
        """Its connections are for its neighbours to take until it answers."""
        if number in self._has_served and number not in self._adopted:
            self._adopted.add(number)
            self._say_to_neighbours("adopt", number)

    def _release(self, number: int) -> None:
        if number in self._adopted:
            self._adopted.discard(number)
            self._say_to_neighbours("release", number)

    def _say_to_neighbours(self, kind: str, number: int) -> None:
        for line in tuple(self._lines.values()):
            if line.number != number and line.is_ready:
                self._send(line, Frame(kind, number=number))

    def _send(self, line: _Line, frame: Frame | None = None) -> None:
        """Sends the frame after what is unsent yet; a worker that reads nothing for long misses some."""
        if not line.is_open:
            return
        if frame is not None and len(line.unsent) < _UNSENT_BYTES_MAX:
            line.unsent += packed(frame)
        with suppress(BlockingIOError, OSError):
            while line.unsent:
                del line.unsent[: line.end.send(line.unsent)]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.unsent else 0)
        self._selector.modify(line.end, events, line)
