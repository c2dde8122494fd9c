"""What a client is told when it is made. docs/sdks.md has the same list, with the same defaults."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

Polling = Literal["auto", "always"]
Exposing = Literal["automatic", "manual", "off"]
Bootstrap = Mapping[str, Any] | str | Path
"""A config document, or the path of the file that has one."""

LOGGER = logging.getLogger("feature_flag_platform")
_POSITIVE = ("poll_interval", "queue_size", "batch_size", "flush_interval", "usage_interval", "silence", "retry_first")


class ClientOptions(TypedDict, total=False):
    """What may be said to a client beside its key and its edge: the names and types of `Options`."""

    events_endpoint: str | None
    start_wait: float
    bootstrap: Bootstrap | None
    store: str | Path | None
    offline: bool
    polling: Polling
    poll_interval: float
    exposures: Exposing
    usage: bool
    usage_interval: float
    private_attributes: Sequence[str]
    hash_keys_with: str | None
    logger: logging.Logger
    queue_size: int
    batch_size: int
    flush_interval: float
    silence: float
    retry_first: float


@dataclass(frozen=True, kw_only=True)
class Options:
    """Of one client. Intervals and waits are seconds. Raises ValueError for what can't be one.

    `endpoint` becomes a tuple of addresses without a slash at their ends. `silence` and `retry_first` shorten, for
    tests, how long a stream may say nothing and the first pause before a new attempt."""

    env_key: str
    endpoint: str | Sequence[str]
    events_endpoint: str | None = None
    start_wait: float = 5.0
    bootstrap: Bootstrap | None = None
    store: str | Path | None = None
    offline: bool = False
    polling: Polling = "auto"
    poll_interval: float = 30.0
    exposures: Exposing = "automatic"
    usage: bool = True
    usage_interval: float = 60.0
    private_attributes: Sequence[str] = ()
    hash_keys_with: str | None = field(default=None, repr=False)
    logger: logging.Logger = LOGGER
    queue_size: int = 10_000
    batch_size: int = 500
    flush_interval: float = 5.0
    silence: float = 45.0
    retry_first: float = 1.0
    endpoints: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.env_key, str) or not self.env_key.strip():
            raise ValueError("env_key: the SDK key of an environment is needed")
        if not self.env_key.isascii() or not self.env_key.strip().isprintable():
            raise ValueError("env_key: is no SDK key")
        given = [self.endpoint] if isinstance(self.endpoint, str) else list(self.endpoint)
        if not given:
            raise ValueError("endpoint: the address of an edge is needed")
        set_field = object.__setattr__
        set_field(self, "env_key", self.env_key.strip())
        set_field(self, "endpoints", tuple(_address(one, "endpoint") for one in given))
        if self.events_endpoint is not None:
            set_field(self, "events_endpoint", _address(self.events_endpoint, "events_endpoint"))
        for name, known in (("polling", ("auto", "always")), ("exposures", ("automatic", "manual", "off"))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: must be one of {', '.join(known)}")
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: must be above 0")
        if self.start_wait < 0:
            raise ValueError("start_wait: must not be below 0")
        if isinstance(self.private_attributes, str):
            raise ValueError("private_attributes: must be a list of names")
        set_field(self, "private_attributes", tuple(self.private_attributes))

    def __repr__(self) -> str:
        """Without the key: what is logged must open nothing."""
        return f"Options(endpoints={self.endpoints!r})"


def _address(text: object, option: str) -> str:
    parts = urlsplit(text.strip()) if isinstance(text, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"{option}: {text!r} is no address; one begins with http:// or https://")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
