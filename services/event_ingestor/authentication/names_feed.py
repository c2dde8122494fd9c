"""Learns the names of flags, variations, experiments and events from entries of CONFIG."""

from __future__ import annotations

import msgspec
from messages.generated import config_pb2 as pb
from messages.subjects import ConfigSubject

from event_ingestor.admission.names import KnownNames


class _Flag(msgspec.Struct):
    variations: dict[str, msgspec.Raw]


_flag = msgspec.json.Decoder(_Flag)


def learn(names: KnownNames, entity: ConfigSubject, message: pb.ConfigMessage | None) -> None:
    """Takes an entry; None has been removed."""
    if entity.kind == "flag":
        if message is None:
            names.flags.pop(entity.key, None)
        else:
            names.flags[entity.key] = _variations(message.flag)
    elif entity.kind == "metric":
        names.put_metric(entity.key, frozenset() if message is None else _events(entity.key, message.metric))
    elif entity.kind == "experiment":
        if message is None:
            names.remove_experiment(entity.key)
        else:
            names.put_experiment(entity.key, message.experiment.trigger_event)


def learn_unreadable(names: KnownNames, entity: ConfigSubject) -> None:
    """Takes an entry of which nothing can be read but that it is there."""
    if entity.kind == "flag":
        names.flags.setdefault(entity.key, None)
    elif entity.kind == "metric":
        names.put_metric(entity.key, frozenset({entity.key}))
    elif entity.kind == "experiment":
        names.put_experiment(entity.key, "")


def _variations(document: bytes) -> frozenset[str] | None:
    try:
        return frozenset(_flag.decode(document).variations)
    except msgspec.MsgspecError:
        return None


def _events(key: str, metric: pb.Metric) -> frozenset[str]:
    return frozenset({metric.event or key, metric.denominator_event} - {""})
