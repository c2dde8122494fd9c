"""The config version that last changed what a flag answers, as the message of an entity carries it.

A description, a metric or an experiment that has not begun changes no answer. Whoever publishes an entity compares what
answers depend on with what was published before, so that every follower knows the same version, whenever it began.
"""

from __future__ import annotations

from typing import Any

import msgspec

from messages.documents import canonical, is_in_force
from messages.generated.config_pb2 import ConfigMessage

_decode = msgspec.json.Decoder().decode
# What of a flag's document tells people or reports, and never decides.
_BESIDE_THE_ANSWER = ("description", "exposure_attributes", "report_exposures")


def answers_version(message: ConfigMessage) -> int:
    """Of an entity's message; what was published without it changed the answers when it was published."""
    return message.answers_version if message.HasField("answers_version") else message.version


def stamped(message: ConfigMessage, before: ConfigMessage | None) -> int:
    """The `answers_version` of a message that is published after `before` (None: nothing was), by what both hold."""
    answering = _answering(message)
    if answering == (b"" if before is None else _answering(before)):
        return 0 if before is None else answers_version(before)
    return message.version


def _answering(message: ConfigMessage) -> bytes:
    """What of an entity an answer can depend on; empty for what none does."""
    match message.WhichOneof("content"):
        case "flag":
            return _deciding(message.flag)
        case "segment":
            return message.segment
        case "remote_config":
            return message.remote_config
        case "experiment" if is_in_force(message.experiment):
            return message.experiment.document
    return b""


def _deciding(document: bytes) -> bytes:
    try:
        flag = _decode(document)
        rules = flag.get("rules", [])
        return canonical(
            {**_without(flag, *_BESIDE_THE_ANSWER), "rules": [_without(rule, "description") for rule in rules]}
        )
    except (msgspec.MsgspecError, AttributeError, TypeError, RecursionError):
        return document


def _without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}
