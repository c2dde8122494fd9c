"""What is taken of a request: the events as they travel on, a part after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from messages.events import EVENT_BYTES_MAX, Attributes, ExposureLine, MetricLine, UsageLine

from event_ingestor.admission.names import KnownNames, NameCheck, NameWarning

Line = ExposureLine[Attributes] | MetricLine[Attributes] | UsageLine
_KINDS: tuple[type[Line], ...] = (ExposureLine, MetricLine, UsageLine)
_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines


class Taken:
    """As JSON lines, one `\\n` after each, in the order in which they came, and what they name that isn't known."""

    def __init__(self, known: KnownNames | None) -> None:
        self._names = NameCheck(known) if known is not None else None
        self._texts: tuple[list[bytes], ...] = tuple([] for _ in _KINDS)
        self._counts = [0 for _ in _KINDS]

    def add(self, lines: Mapping[int, Line]) -> Sequence[int]:
        """Takes the events of a part, by their places in the request. Gives the places of those that are too large."""
        encoded = _encoded(lines)
        too_large: list[int] = []
        if any(len(text) > EVENT_BYTES_MAX for text in encoded):
            too_large = [index for index, line in lines.items() if len(_encode(line)) > EVENT_BYTES_MAX]
        if too_large:
            lines = {index: line for index, line in lines.items() if index not in too_large}
            encoded = _encoded(lines)
        for kind, text in enumerate(encoded):
            if text:
                self._texts[kind].append(text)
                self._counts[kind] += text.count(b"\n")
        if self._names is not None:
            _check(self._names, lines)
        return too_large

    @property
    def texts(self) -> tuple[bytes, bytes, bytes]:
        """Exposures, metric events and usage."""
        exposures, metrics, usage = (b"".join(each) for each in self._texts)
        return exposures, metrics, usage

    @property
    def counts(self) -> tuple[int, int, int]:
        """As many as there are of each."""
        exposures, metrics, usage = self._counts
        return exposures, metrics, usage

    @property
    def warnings(self) -> tuple[NameWarning, ...]:
        return tuple(self._names.warnings) if self._names is not None else ()


def _encoded(lines: Mapping[int, Line]) -> list[bytes]:
    """By kind, each encoded by one call; mostly a part is of few kinds."""
    sorted_lines: dict[type[Line], list[Line]] = {}
    for each in lines.values():
        sorted_lines.setdefault(type(each), []).append(each)
    return [_encode_lines(sorted_lines[kind]) if kind in sorted_lines else b"" for kind in _KINDS]


def _check(names: NameCheck, lines: Mapping[int, Line]) -> None:
    for index, line in lines.items():
        if isinstance(line, ExposureLine):
            names.exposure(index, line)
        elif isinstance(line, MetricLine):
            names.metric(index, line)
