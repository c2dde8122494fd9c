"""What is taken of a request: the events as they travel on, a part after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from messages.events import EVENT_BYTES_MAX, Attributes, ExposureLine, MetricLine, UsageLine

from event_ingestor.admission.lines import Lines
from event_ingestor.admission.names import KnownNames, NameCheck, NameWarning

Line = ExposureLine[Attributes] | MetricLine[Attributes] | UsageLine
_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines


class Taken:
    """The texts of each part, and what their events name that isn't known."""

    __slots__ = ("_names", "_parts")

    def __init__(self, known: KnownNames | None) -> None:
        self._names = NameCheck(known) if known is not None else None
        self._parts: list[Lines] = []

    def add(self, lines: Mapping[int, Line]) -> Sequence[int]:
        """Takes the events of a part, by their places in the request. Gives the places of those that are too large."""
        too_large: Sequence[int] = ()
        texts = _texts(lines)
        if any(len(text) > EVENT_BYTES_MAX for text in texts):
            too_large = [index for index, line in lines.items() if len(_encode(line)) > EVENT_BYTES_MAX]
            if too_large:
                lines = {index: line for index, line in lines.items() if index not in too_large}
                texts = _texts(lines)
        self._parts.append(texts)
        if self._names is not None:
            _check(self._names, lines)
        return too_large

    @property
    def texts(self) -> Lines:
        """Of all parts together."""
        if len(self._parts) == 1:
            return self._parts[0]
        return Lines(*(b"".join(each) for each in zip(*self._parts, strict=True)))

    @property
    def warnings(self) -> tuple[NameWarning, ...]:
        return tuple(self._names.warnings) if self._names is not None else ()


def _texts(lines: Mapping[int, Line]) -> Lines:
    """Each kind is encoded by one call."""
    exposures = [each for each in lines.values() if type(each) is ExposureLine]
    metrics = [each for each in lines.values() if type(each) is MetricLine]
    if len(exposures) + len(metrics) == len(lines):
        return Lines(_encode_lines(exposures), _encode_lines(metrics))
    usage = [each for each in lines.values() if type(each) is UsageLine]
    return Lines(_encode_lines(exposures), _encode_lines(metrics), _encode_lines(usage))


def _check(names: NameCheck, lines: Mapping[int, Line]) -> None:
    for index, line in lines.items():
        if isinstance(line, ExposureLine):
            names.exposure(index, line)
        elif isinstance(line, MetricLine):
            names.metric(index, line)
