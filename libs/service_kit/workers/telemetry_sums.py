"""The figures of all workers as those of one service.

Counters and histograms are sums, also with those of workers that have ended, so that none goes back. A gauge says when
it is made what it is of several workers, by `multiprocess_mode`: `livesum`, `livemin` or `livemax`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from service_kit.telemetry import GAUGE_MODES, ServiceRegistry

_SUMMED = frozenset({"counter", "histogram", "gaugehistogram", "summary"})
_CREATED = "_created"
_Labels = tuple[tuple[str, str], ...]


class Family(msgspec.Struct, array_like=True):
    """One metric of one worker."""

    name: str
    documentation: str
    type: str
    mode: str
    samples: list[tuple[str, _Labels, float]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Family]).decode


def snapshot(registry: CollectorRegistry) -> bytes:
    """All figures of this worker."""
    modes = registry.gauge_modes if isinstance(registry, ServiceRegistry) else GAUGE_MODES
    return _encode(
        [
            Family(
                metric.name,
                metric.documentation,
                metric.type,
                "kept" if metric.type in _SUMMED else modes.get(metric.name, "livemax"),
                [(sample.name, tuple(sample.labels.items()), sample.value) for sample in metric.samples],
            )
            for metric in registry.collect()
        ]
    )


def departed(before: bytes, last: bytes) -> bytes:
    """What stays of workers that have ended, with one more."""
    kept = [family for family in _decode(last) if family.mode == "kept"]
    return _encode(_merged([_decode(before) if before else [], kept]))


def exposition(snapshots: Iterable[bytes]) -> bytes:
    """As Prometheus reads it."""
    return generate_latest(_Sum(_merged([_decode(each) for each in snapshots if each])))


class _Sum(Collector):
    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            metric = Metric(family.name, family.documentation, family.type)
            for name, labels, value in family.samples:
                metric.add_sample(name, dict(labels), value)
            yield metric


def _merged(workers: list[list[Family]]) -> list[Family]:
    """In the order of the first that has each."""
    families: dict[str, Family] = {}
    values: dict[str, dict[tuple[str, _Labels], float]] = {}
    for worker in workers:
        for family in worker:
            families.setdefault(family.name, family)
            found = values.setdefault(family.name, {})
            for name, labels, value in family.samples:
                key = (name, labels)
                before = found.get(key)
                found[key] = value if before is None else _joined(family, name, before, value)
    return [
        Family(
            family.name,
            family.documentation,
            family.type,
            family.mode,
            [(name, labels, value) for (name, labels), value in values[family.name].items()],
        )
        for family in families.values()
    ]


def _joined(family: Family, name: str, one: float, other: float) -> float:
    if family.mode == "livemin" or (name.endswith(_CREATED) and family.mode == "kept"):
        return min(one, other)
    return one + other if family.mode in ("kept", "livesum") else max(one, other)
