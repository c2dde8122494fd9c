"""The refusals of a write that would grow over a limit.

Conflict 409
└── QuotaExceeded  `quota_exceeded`: with the members `quota`, `limit` and `used`
"""

from __future__ import annotations

from service_kit.problems import Conflict

HOW_ON = "What makes it smaller, switches off, archives, deletes or revokes still gets through"


class QuotaExceeded(Conflict):
    default_code = "quota_exceeded"

    def __init__(self, quota: str, *, limit: int, used: int, detail: str) -> None:
        """`used`: without the write that is refused."""
        super().__init__(detail, members={"quota": quota, "limit": limit, "used": used})
