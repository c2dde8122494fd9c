"""Programs, which an evaluation runs: the functions of flags and segments, which ask each other by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bucketing.decision import Decision, ErrorCode, failure
from bucketing.errors import EvaluationFailed, InvalidConfig
from bucketing.flagset import Json, Segment
from bucketing.generation.decisions import write_decision
from bucketing.generation.evaluables import Item
from bucketing.generation.reads import Reads
from bucketing.generation.segments import UNFINISHED, write_segment
from bucketing.generation.source import Probe, Source

Context = Mapping[str, Json]
Memo = dict[Any, Any]
Program = Callable[[Context, int, "Programs", Memo], Decision]
UNWRITABLE = (InvalidConfig, SyntaxError)
"""What writing a function raises if it can never be written; a full stack or memory may be empty next time."""

CIRCLE = object()
"""Stands in the memo of an evaluation that met a cycle of prerequisites: what it remembers says where it began."""

Membership = Callable[[Context, int, "Programs", Memo], bool]


def flag_program(item: Item, probe: Probe | None = None) -> Program:
    """The function that decides a flag or remote config; with a probe, one that also reports. Raises InvalidConfig."""
    source = Source(traced=probe is not None)
    source.line("get = context.get")
    write_decision(source, Reads(source), item)
    source.line("return result")
    return source.function(probe)


def segment_program(segment: Segment, probe: Probe | None = None) -> Membership:
    """The function that says who is in a segment; with a probe, one that also reports. Raises InvalidConfig."""
    source = Source(traced=probe is not None)
    write_segment(source, segment)
    return source.function(probe)


class Broken:
    """Stands in a flag's or segment's place when it can't be evaluated."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, _context: Context, _now: int, _programs: Programs, _memo: Memo) -> Any:
        raise EvaluationFailed(ErrorCode.PARSE_ERROR, self.message)


class PendingFlag:
    """A flag or a remote config whose function is written when it is first asked for."""

    __slots__ = ("item",)

    def __init__(self, item: Item) -> None:
        self.item = item

    def __call__(self, context: Context, now: int, programs: Programs, memo: Memo) -> Decision:
        return self.prepare(programs)(context, now, programs, memo)

    def prepare(self, programs: Programs) -> Program:
        """Write the function and put it in this one's place."""
        program: Program
        try:
            program = flag_program(self.item)
        except UNWRITABLE as error:
            program = Broken(str(error))
        programs.settle(programs.flags, self.item.flag.key, self, program)
        return program


class PendingSegment:
    """A segment whose function is written when it is first asked for."""

    __slots__ = ("segment",)

    def __init__(self, segment: Segment) -> None:
        self.segment = segment

    def __call__(self, context: Context, now: int, programs: Programs, memo: Memo) -> bool:
        return self.prepare(programs)(context, now, programs, memo)

    def prepare(self, programs: Programs) -> Membership:
        """Write the function and put it in this one's place."""
        program: Membership
        try:
            program = segment_program(self.segment)
        except UNWRITABLE as error:
            program = Broken(f"segment {self.segment.key!r}: {error}")
        programs.settle(programs.segments, self.segment.key, self, program)
        return program


class Memberships(dict[str, Membership]):
    """The functions of segments by key; one that is not there can't be asked."""

    def __missing__(self, key: str) -> Membership:
        return Broken(f"there is no segment {key!r}")


class Programs:
    """The functions of one flag set. Functions find each other here by key, so a change replaces one entry."""

    __slots__ = ("flags", "segments")

    def __init__(self, flags: dict[str, Program], segments: Memberships) -> None:
        self.flags = flags
        self.segments = segments

    @staticmethod
    def settle(table: dict[str, Any], key: str, pending: object, program: object) -> None:
        """Put a finished function in the place of its pending one."""
        if table.get(key) is pending:
            table[key] = program

    def prepare(self) -> Iterator[None]:
        """Write all pending functions, one a step."""
        tables: tuple[dict[str, Any], ...] = (self.segments, self.flags)
        for table in tables:
            for program in list(table.values()):
                if isinstance(program, PendingFlag | PendingSegment):
                    program.prepare(self)
                    yield

    def prerequisite(self, key: str, context: Context, now: int, memo: Memo) -> Decision:
        """What another flag serves in this evaluation; worked out once, and an error if it asks for itself."""
        slot = ("flag", key)
        decision = memo.get(slot)
        if decision is UNFINISHED:
            memo[CIRCLE] = True
            raise EvaluationFailed(ErrorCode.GENERAL, "prerequisites name each other in a cycle")
        if decision is None:
            memo[slot] = UNFINISHED
            memo[slot] = decision = self._decide(key, context, now, memo)
        found: Decision = decision
        return found

    def _decide(self, key: str, context: Context, now: int, memo: Memo) -> Decision:
        program = self.flags.get(key)
        if program is None:
            return failure(key, ErrorCode.PARSE_ERROR, "there is no such flag")
        try:
            return program(context, now, self, memo)
        except EvaluationFailed as error:
            return failure(key, error.code, error.message)
