"""Answers what is asked on `verdict.usage`."""

from __future__ import annotations

from collections import defaultdict

from messages.generated.usage_pb2 import (
    USAGE_TROUBLE_NO_STORE,
    USAGE_TROUBLE_TOO_MANY,
    EnvironmentUsage,
    FlagUsage,
    UsageReply,
    UsageRequest,
    VariationUsage,
)
from service_kit.logs import get_logger

from analytics.warehouse.client import Row
from analytics.warehouse.errors import WarehouseError
from analytics.warehouse.usage import UsageReader

FLAGS_MAX = 500
ENVIRONMENTS_MAX = 1000
AT_ONCE, WAITING_MAX = 4, 32
_log = get_logger("usage")


class UsageEvidence:
    """From what is stored."""

    def __init__(self, reader: UsageReader) -> None:
        self._reader = reader

    async def answer(self, payload: bytes) -> bytes:
        """Raises DecodeError for what is no request."""
        return (await self._reply(UsageRequest.FromString(payload))).SerializeToString()

    async def _reply(self, request: UsageRequest) -> UsageReply:
        if len(request.flags) > FLAGS_MAX or len(request.environment_ids) > ENVIRONMENTS_MAX:
            return UsageReply(trouble=USAGE_TROUBLE_TOO_MANY)
        try:
            rows, recorded = await self._reader.evidence(
                request.organization_id, request.environment_ids, request.flags, request.since
            )
        except WarehouseError as error:
            _log.warning("how flags are used can't be told", error=str(error))
            return UsageReply(trouble=USAGE_TROUBLE_NO_STORE)
        flags: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            flags[row["environment_id"]][row["flag"]].append(row)
        known = {row["environment_id"]: (row["first_at"], row["last_at"]) for row in recorded}
        return UsageReply(
            environments=[
                EnvironmentUsage(
                    environment_id=environment,
                    recorded_from=known.get(environment, (0, 0))[0],
                    recorded_until=known.get(environment, (0, 0))[1],
                    flags=[_flag(key, found) for key, found in flags[environment].items()],
                )
                for environment in request.environment_ids
            ]
        )


def _flag(key: str, rows: list[Row]) -> FlagUsage:
    latest = max(rows, key=lambda row: max(row["named_at"], row["bulk_at"]))
    return FlagUsage(
        key=key,
        named_at=max(row["named_at"] for row in rows),
        bulk_at=max(row["bulk_at"] for row in rows),
        last_sdk=latest["last_sdk"],
        variations=[
            VariationUsage(variation=row["variation"], named=row["named"], in_bulk=row["in_bulk"])
            for row in rows
            if row["variation"] and (row["named"] or row["in_bulk"])
        ],
    )
