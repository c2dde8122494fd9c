"""The map of what ClickHouse reports when it can't do its work now: what is told, and when to ask again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code` is stable, `sentence` is for people."""

    code: str
    sentence: str
    retry_after_seconds: int


AWAY = Refusal("warehouse_unavailable", "ClickHouse does not answer", 5)
TABLES_MISSING = Refusal("warehouse_unprepared", "ClickHouse has lost tables; they are being made anew", 5)
EVENTS_LOST = Refusal(
    "warehouse_events_lost", "ClickHouse has lost stored events: restore a backup or run `analytics rewind`", 60
)
_READ_ONLY = Refusal("warehouse_read_only", "ClickHouse takes no writes: it is read-only", 15)
_FULL = Refusal("warehouse_full", "ClickHouse has no room left: its disk is full", 30)
_OVERLOADED = Refusal("warehouse_overloaded", "ClickHouse has more to do than it can, or too little memory", 5)
_REFUSES = Refusal("warehouse_refuses", "ClickHouse refuses this service's user or its rights", 15)
_CLUSTER = Refusal("warehouse_unavailable", "ClickHouse's cluster can't agree now", 5)

TABLES_MISSING_CODES = frozenset({60, 81})
"""UNKNOWN_TABLE, UNKNOWN_DATABASE."""
_BY_CODE = {
    164: _READ_ONLY,  # READONLY
    242: _READ_ONLY,  # TABLE_IS_READ_ONLY
    243: _FULL,  # NOT_ENOUGH_SPACE
    198: AWAY,  # DNS_ERROR
    202: _OVERLOADED,  # TOO_MANY_SIMULTANEOUS_QUERIES
    209: AWAY,  # SOCKET_TIMEOUT
    210: AWAY,  # NETWORK_ERROR
    225: _CLUSTER,  # NO_ZOOKEEPER
    241: _OVERLOADED,  # MEMORY_LIMIT_EXCEEDED
    252: _OVERLOADED,  # TOO_MANY_PARTS
    285: _CLUSTER,  # TOO_FEW_LIVE_REPLICAS
    319: _CLUSTER,  # UNKNOWN_STATUS_OF_INSERT
    192: _REFUSES,  # UNKNOWN_USER
    193: _REFUSES,  # WRONG_PASSWORD
    497: _REFUSES,  # ACCESS_DENIED
    516: _REFUSES,  # AUTHENTICATION_FAILED
    999: _CLUSTER,  # KEEPER_EXCEPTION
} | dict.fromkeys(TABLES_MISSING_CODES, TABLES_MISSING)


def refusal_of(code: int | None) -> Refusal:
    return _BY_CODE.get(code or 0, AWAY)
