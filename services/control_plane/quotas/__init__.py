"""How much an organization, a project and an environment may hold, held at each write that makes them grow."""

from control_plane.quotas.enforcement import Quotas
from control_plane.quotas.errors import QuotaExceeded
from control_plane.quotas.limits import NO_LIMITS, TERMS, Holder, LimitsSetting, Quota
from control_plane.quotas.models import Growth, Use
from control_plane.quotas.overrides import set_overrides
from control_plane.quotas.telemetry import QuotaTelemetry

__all__ = [
    "NO_LIMITS",
    "TERMS",
    "Growth",
    "Holder",
    "LimitsSetting",
    "Quota",
    "QuotaExceeded",
    "QuotaTelemetry",
    "Quotas",
    "Use",
    "set_overrides",
]
