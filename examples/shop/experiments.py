"""The store's experiments: with a clear effect, with a sample-ratio mismatch, underpowered, without a difference,
finished, planned: on a flag that nobody has seen yet, and on one whose past tells how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .api import Api
from .names import PRODUCTION, STORE
from .people import Person


@dataclass(frozen=True, kw_only=True)
class ExperimentRow:
    """`days`: since when it runs, None: it hasn't begun. `factors`: by how much a variation multiplies the share of
    visitors who order. `shares`: expected ones in percent, the control first. `further`: of its document."""

    key: str
    name: str
    hypothesis: str
    flag: str
    owner: str
    days: int | None
    shares: dict[str, float]
    factors: dict[str, float]
    plan: dict[str, Any]
    country: str | None = None
    further: dict[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        there = {"attribute": "country", "operator": "eq", "value": self.country}
        return {
            "key": self.key,
            "name": self.name,
            "hypothesis": self.hypothesis,
            "environment": PRODUCTION,
            "flag": self.flag,
            "mode": "observes" if self.days is not None else "assigns",
            "variations": [{"key": key, "weight": share} for key, share in self.shares.items()],
            "control": next(iter(self.shares)),
            "metrics": [
                {"metric": "orders", "role": "goal"},
                {"metric": "revenue", "role": "secondary"},
                {"metric": "add-to-basket", "role": "secondary"},
                {"metric": "page-load", "role": "guardrail", "margin": 0.05},
                {"metric": "support-contacts", "role": "secondary"},
            ],
            "plan": self.plan,
            **({"exposure_filter": there} if self.country else {}),
            **self.further,
        }


_HALF = {"off": 50.0, "on": 50.0}
EXPERIMENTS = (
    ExperimentRow(
        key="free-shipping-bar-2",
        name="Does the free-shipping bar sell more?",
        hypothesis="Who sees how little is missing until shipping is free adds one more item and orders.",
        flag="free-shipping-bar",
        owner="carla.mendes",
        days=16,
        shares=_HALF,
        factors={"on": 1.36},
        plan={"mode": "always_valid", "planned_units": 12_000, "minimum_days": 14},
    ),
    ExperimentRow(
        key="one-page-checkout-1",
        name="Checkout on one page",
        hypothesis="Fewer pages, fewer visitors who give up on the way.",
        flag="one-page-checkout",
        owner="dmitri.volkov",
        days=11,
        shares=_HALF,
        factors={"on": 1.12},
        plan={"mode": "always_valid", "minimum_days": 14},
    ),
    ExperimentRow(
        key="gift-wrap-iceland",
        name="Gift wrap in Iceland",
        hypothesis="A gift wrap for 4 euros is taken before holidays.",
        flag="gift-wrap-offer",
        owner="bert.okafor",
        days=9,
        shares=_HALF,
        factors={"on": 1.1},
        plan={"mode": "fixed", "planned_units": 24_000, "minimum_days": 14},
        country="IS",
    ),
    ExperimentRow(
        key="search-ranking-3",
        name="Three rankings of search results",
        hypothesis="Results that understand the question lead to more orders.",
        flag="search-ranking",
        owner="carla.mendes",
        days=20,
        shares={"keyword": 34.0, "hybrid": 33.0, "neural": 33.0},
        factors={},
        plan={"mode": "group", "planned_units": 20_000, "planned_looks": 4, "minimum_days": 14},
    ),
    ExperimentRow(
        key="express-pay-1",
        name="Wallets above the basket",
        hypothesis="One tap instead of a form.",
        flag="express-pay",
        owner="dmitri.volkov",
        days=21,
        shares=_HALF,
        factors={"on": 1.32},
        plan={"mode": "fixed", "planned_units": 11_500, "minimum_days": 14},
    ),
    ExperimentRow(
        key="loyalty-points-1",
        name="Points for each order",
        hypothesis="Points bring customers back within a month.",
        flag="loyalty-points",
        owner="carla.mendes",
        days=None,
        shares=_HALF,
        factors={},
        plan={"mode": "group", "planned_units": 30_000, "planned_looks": 3, "minimum_days": 21},
        further={"layer": {"key": "checkout", "share": 50}, "holdouts": ["no-loyalty"]},
    ),
    ExperimentRow(
        key="express-pay-2",
        name="Wallets on product pages, too",
        hypothesis="Who need not go to the basket first orders on a whim.",
        flag="express-pay",
        owner="dmitri.volkov",
        days=None,
        shares=_HALF,
        factors={},
        plan={"mode": "fixed", "planned_units": 12_000, "minimum_days": 14},
    ),
)
_FINISHED_AT = f"/projects/{STORE}/experiments/express-pay-1"
UNDER_WAY = tuple(each for each in EXPERIMENTS if each.days is not None)


async def make_experiments(people: dict[str, Person]) -> None:
    """Each by who looks after it; those that have begun began in the past."""
    for each in EXPERIMENTS:
        person = people[each.owner]
        await _make(person.api, each, person.email)


async def _make(api: Api, row: ExperimentRow, owner: str) -> None:
    at = f"/projects/{STORE}/experiments"
    made = await api.made(at, row.document | {"owner": owner})
    if row.days is not None and made["status"] == "draft":
        start = datetime.now(UTC) - timedelta(days=row.days)
        await api.post(f"{at}/{row.key}/start", {"start_at": start.isoformat(timespec="seconds")})


async def are_told(api: Api) -> bool:
    """Whether their events were sent already, by a run before."""
    return bool((await api.get(_FINISHED_AT))["status"] == "stopped")


async def finish(api: Api) -> None:
    """What is finished ends, now that its events are there."""
    await api.post(f"{_FINISHED_AT}/stop")
