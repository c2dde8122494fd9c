"""Metrics with caps, filters and covariates, against the same figures recomputed from the rows by numpy."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from analytics.catalog.entries import Experiment, Metric, Plan
from analytics.results.elapsed_days import ElapsedDays
from analytics.results.measurements import MeasurementOptions, Measurer
from analytics.warehouse.client import Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.migrations import migrate
from analytics.warehouse.scopes import BY_DAY, BY_WEEKDAY, END_OF_TIME, ExposureScope
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from bucketing.flagset import Comparison
from messages.aggregations import AGGREGATIONS
from stats import MetricSpec, Summary, analyse_metric, merge
from stats.analysis.arms import prepare

DAY = 86_400_000
START = 1_767_571_200_000
"""2026-01-05T00:00:00Z"""
ARMS = ("off", "on")
EXACT = pytest.approx


@dataclass
class Event:
    name: str
    at: int
    value: float | None
    properties: dict[str, Any]


@dataclass
class User:
    key: str
    arm: str
    exposed_at: int
    events: list[Event] = field(default_factory=list)

    def after(self, *names: str) -> list[Event]:
        return [each for each in self.events if each.name in names and each.at >= self.exposed_at]

    def before(self, name: str, days: int = 14) -> list[Event]:
        since = self.exposed_at - days * DAY
        return [each for each in self.events if each.name == name and since <= each.at < self.exposed_at]

    @property
    def day(self) -> str:
        return np.datetime_as_string(np.datetime64(self.exposed_at, "ms"), unit="D").item()


def drawn_users() -> list[User]:
    random = np.random.default_rng(9)
    users = []
    for number in range(400):
        user = User(f"u{number}", ARMS[number % 2], START + int(random.integers(0, 4 * DAY)))
        taste = random.gamma(2.0)
        for name, rate in (("purchase", 1.0), ("visit", 3.0), ("cart", 2.0)):
            for _ in range(random.poisson(rate * taste)):
                at = user.exposed_at + int(random.integers(-20 * DAY, 10 * DAY))
                value = None if random.random() < 0.1 else float(np.round(random.lognormal(2.0) * taste, 2))
                properties: dict[str, Any] = {"shop": ["de", "fr"][random.integers(2)]}
                if random.random() < 0.8:
                    properties["product"] = [1, 1.0, "1", "x", ["x", "y"]][random.integers(5)]
                if name == "purchase" and random.random() < 0.1:
                    value = -5.0
                user.events.append(Event(name, at, value, properties))
        users.append(user)
    return users


USERS = drawn_users()


@pytest.fixture(scope="module")
def database(clickhouse_server: Any) -> Any:
    clickhouse_server.run_sql("CREATE DATABASE kinds_recomputed")
    yield "kinds_recomputed"
    clickhouse_server.run_sql("DROP DATABASE kinds_recomputed")


@pytest.fixture
async def warehouse(clickhouse_url: str, database: str) -> Any:
    warehouse = Warehouse(WarehouseSettings(url=clickhouse_url, database=database))
    await migrate(warehouse)
    if not (await warehouse.rows("SELECT count() AS n FROM events_exposure", {}))[0]["n"]:
        await store(warehouse)
    yield warehouse
    await warehouse.close()


async def store(warehouse: Warehouse, **of_user: Callable[[User], str]) -> None:
    """`of_user`: further columns of a user's exposure."""
    of_flag = {"flag": "checkout", "experiment": "", "config_version": 1, "context": "{}"}
    exposures = [
        of_flag
        | {"user_key": u.key, "variation": u.arm, "event_id": u.key, "occurred_at": u.exposed_at}
        | {name: of(u) for name, of in of_user.items()}
        for u in USERS
    ]
    events = [
        {
            "user_key": user.key,
            "metric": each.name,
            "event_id": f"{user.key}-{number}",
            "value": each.value,
            "properties": json.dumps(each.properties),
            "occurred_at": each.at,
        }
        for user in USERS
        for number, each in enumerate(user.events)
    ]
    for table, columns, rows in (
        ("events_exposure", EXPOSURE_COLUMNS, exposures),
        ("events_metric", METRIC_COLUMNS, events),
    ):
        origin = {"organization_id": "o", "project_id": "p", "environment_id": "e", "sdk_key_id": "k"}
        full = [origin | {"received_at": START} | row for row in rows]
        await warehouse.insert(
            table, {name: (kind, [row.get(name, "") for row in full]) for name, kind in columns.items()}
        )


def metric(aggregation: str, event: str = "purchase", **more: Any) -> Metric:
    return Metric("1", f"{aggregation}-of-{event}", "M", AGGREGATIONS[aggregation], True, event, **more)


async def measured(
    warehouse: Warehouse, asked: Metric, segment: str = "", **options: Any
) -> dict[str, dict[str, Summary]]:
    scope = ExposureScope("o", "e", "checkout", "", ARMS, START, END_OF_TIME, END_OF_TIME, segment)
    reader = ExperimentReader(warehouse)
    units = (await reader.unit_counts(scope)).units
    found = await Measurer(reader, scope, units, MeasurementOptions(**options)).measure(asked)
    assert not found.problem, found.problem
    if options.get("cumulative") and not found.cumulative:
        days = sorted(found.summaries)
        return {
            until: {arm: merge([found.summaries[day][arm] for day in days if day <= until]) for arm in ARMS}
            for until in days
        }
    return found.summaries


def estimates(arms: Mapping[str, Summary]) -> dict[str, tuple[float, float, float]]:
    """Mean, variance and covariance with what the arms share."""
    found = {}
    for arm, each in prepare(arms).arms.items():
        assert each.estimate is not None
        found[arm] = (each.estimate.mean, each.estimate.variance, each.estimate.shared_covariance)
    return found


def of_arm(arm: str, number: Callable[[User], float | None], users: Sequence[User] = USERS) -> np.ndarray:
    return np.array([value for user in users if user.arm == arm and (value := number(user)) is not None], dtype=float)


def mean_of(number: Callable[[User], float | None], users: Sequence[User] = USERS) -> dict[str, tuple[float, float]]:
    arms = {arm: of_arm(arm, number, users) for arm in ARMS}
    return {arm: (y.mean(), y.var(ddof=1) / len(y)) for arm, y in arms.items()}


def revenue(user: User, events: Sequence[Event] | None = None) -> float:
    return math.fsum(each.value or 0.0 for each in (user.after("purchase") if events is None else events))


def same(found: Mapping[str, tuple[float, float, float]], expected: Mapping[str, tuple[float, float]]) -> None:
    for arm in ARMS:
        assert found[arm][:2] == EXACT(expected[arm], rel=1e-9), arm


def reached(user: User, steps: Sequence[str]) -> int:
    at, count = -math.inf, 0
    for step in steps:
        later = [each.at for each in user.after(step) if each.at >= at]
        if not later:
            return count
        at, count = min(later), count + 1
    return count


def distinct(user: User) -> float:
    seen = set()
    for each in user.after("visit"):
        found = each.properties.get("product")
        for one in found if isinstance(found, list) else [found]:
            if one is not None:
                seen.add((isinstance(one, str), one))
    return float(len(seen))


STEPS = ("visit", "cart", "purchase")
GERMAN = Comparison("shop", "eq", "de")
PLAIN: dict[str, tuple[Metric, Callable[[User], float | None]]] = {
    "funnel": (metric("funnel", steps=STEPS), lambda user: float(reached(user, STEPS) == 3)),
    "distinct": (metric("distinct", "visit", property="product"), distinct),
    "days": (metric("days", "visit"), lambda user: float(len({each.at // DAY for each in user.after("visit")}))),
    "count filtered": (
        metric("count", filter=GERMAN),
        lambda user: float(sum(each.properties["shop"] == "de" for each in user.after("purchase"))),
    ),
    "sum filtered": (
        metric("sum", filter=GERMAN),
        lambda user: revenue(user, [e for e in user.after("purchase") if e.properties["shop"] == "de"]),
    ),
}


@pytest.mark.parametrize("name", PLAIN)
async def test_a_number_per_unit(warehouse: Warehouse, name: str) -> None:
    asked, number = PLAIN[name]
    arms = (await measured(warehouse, asked))[""]
    if asked.aggregation.binary:
        shown = analyse_metric(MetricSpec("m"), arms, control="off").arms
        expected = {arm: of_arm(arm, number) for arm in ARMS}
        assert [each.n for each in shown] == [len(expected[arm]) for arm in ARMS]
        assert [each.mean for each in shown] == EXACT([expected[arm].mean() for arm in ARMS])
    else:
        same(estimates(arms), mean_of(number))


CAPS = [
    pytest.param(of, lower, id=f"{of}-{'both-sides' if lower else 'above'}")
    for of in ("nonzero", "all")
    for lower in (0.0, 0.1)
]


@pytest.mark.parametrize(("of", "lower"), CAPS)
async def test_caps(warehouse: Warehouse, of: str, lower: float) -> None:
    asked = metric("sum", winsorize_at=0.9, winsorize_lower=lower, winsorize_of=of)
    values = np.array([revenue(user) for user in USERS])
    pooled = values[values != 0] if of == "nonzero" else values
    cap = np.quantile(pooled, 0.9, method="inverted_cdf")
    floor = np.quantile(pooled, lower, method="inverted_cdf") if lower else -np.inf

    def capped(user: User) -> float:
        value = revenue(user)
        return value if value == 0 else float(np.clip(value, floor, cap))

    same(estimates((await measured(warehouse, asked))[""]), mean_of(capped))


async def test_a_cap_that_erases_a_metric_says_so(warehouse: Warehouse) -> None:
    """Nine in ten units have nothing, so the 80th percentile of all is 0; that of the others is a number."""
    rare = Comparison("product", "eq", "y")
    asked = metric("count", "purchase", filter=rare, winsorize_at=0.05, winsorize_of="all")
    scope = ExposureScope("o", "e", "checkout", "", ARMS, START, END_OF_TIME, END_OF_TIME)
    reader = ExperimentReader(warehouse)
    units = (await reader.unit_counts(scope)).units
    found = await Measurer(reader, scope, units, MeasurementOptions()).measure(asked)
    assert "leaves every unit the same number" in found.problem
    kept = await Measurer(reader, scope, units, MeasurementOptions()).measure(replace(asked, winsorize_of="nonzero"))
    assert not kept.problem
    assert kept.capped is not None


def adjusted(
    y: Mapping[str, np.ndarray], x: Mapping[str, np.ndarray], estimate: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    """CUPED by its definition: y has mean 0 up to `estimate`'s mean; θ pooled within the arms by least squares."""
    centred_y = np.concatenate([y[arm] - y[arm].mean() for arm in ARMS])
    centred_x = np.concatenate([x[arm] - x[arm].mean(axis=0) for arm in ARMS])
    theta = np.linalg.lstsq(centred_x, centred_y, rcond=None)[0]
    grand = np.concatenate([x[arm] for arm in ARMS]).mean(axis=0)
    found = {}
    for arm in ARMS:
        rest = y[arm] - x[arm] @ theta
        mean = estimate[arm][0] - (x[arm].mean(axis=0) - grand) @ theta
        found[arm] = (float(mean), float(rest.var(ddof=1) / len(rest)))
    return found


def columns(*numbers: Callable[[User], float], users: Sequence[User] = USERS) -> dict[str, np.ndarray]:
    return {arm: np.array([[each(u) for each in numbers] for u in users if u.arm == arm], dtype=float) for arm in ARMS}


def spent_before(user: User, days: int = 14) -> float:
    return revenue(user, user.before("purchase", days))


async def test_cuped_looks_back_as_far_as_the_metric_says(warehouse: Warehouse) -> None:
    asked = metric("sum", covariate_days=5)
    y = {arm: of_arm(arm, revenue) for arm in ARMS}
    x = columns(lambda u: spent_before(u, 5), lambda u: float(bool(u.before("purchase", 5))))
    same(estimates((await measured(warehouse, asked, cuped=True))[""]), adjusted(y, x, mean_of(revenue)))


async def test_cuped_with_several_covariates(warehouse: Warehouse) -> None:
    others = (metric("count", "visit"), metric("conversion", "cart"))
    y = {arm: of_arm(arm, revenue) for arm in ARMS}
    x = columns(
        spent_before,
        lambda u: float(bool(u.before("purchase"))),
        lambda u: float(len(u.before("visit"))),
        lambda u: float(bool(u.before("visit"))),
        lambda u: float(bool(u.before("cart"))),
    )
    found = (await measured(warehouse, metric("sum"), cuped=True, covariates=others))[""]
    same(estimates(found), adjusted(y, x, mean_of(revenue)))


async def test_cuped_of_a_ratio(warehouse: Warehouse) -> None:
    def ones(events: Sequence[Event]) -> float:
        return math.fsum(1.0 if each.value is None else each.value for each in events)

    above = {arm: of_arm(arm, lambda u: ones(u.after("purchase"))) for arm in ARMS}
    below = {arm: of_arm(arm, lambda u: ones(u.after("visit"))) for arm in ARMS}
    y, ratios = {}, {}
    for arm in ARMS:
        ratio = above[arm].sum() / below[arm].sum()
        y[arm] = (above[arm] - ratio * below[arm]) / below[arm].mean()
        ratios[arm] = (ratio, y[arm].var(ddof=1) / len(y[arm]))
    x = columns(
        lambda u: ones(u.before("purchase")),
        lambda u: ones(u.before("visit")),
        lambda u: float(bool(u.before("purchase") or u.before("visit"))),
    )
    asked = metric("ratio", denominator_event="visit")
    same(estimates((await measured(warehouse, asked))[""]), ratios)
    same(estimates((await measured(warehouse, asked, cuped=True))[""]), adjusted(y, x, ratios))


def latencies(events: Sequence[Event]) -> list[float]:
    return [each.value for each in events if each.value is not None]


async def test_cuped_of_a_quantile(warehouse: Warehouse) -> None:
    asked = metric("quantile", "visit", quantile=0.75)
    plain = estimates((await measured(warehouse, asked))[""])
    y, x = {}, {}
    for arm in ARMS:
        users = [user for user in USERS if user.arm == arm and latencies(user.after("visit"))]
        after = [np.array(latencies(user.after("visit"))) for user in users]
        before = [np.array(latencies(user.before("visit"))) for user in users]
        middle = np.quantile(np.concatenate(after), 0.75, method="inverted_cdf")
        assert plain[arm][0] == middle
        below, size = np.array([(each <= middle).sum() for each in after]), np.array([len(each) for each in after])
        rest = below - below.sum() / size.sum() * size
        n = len(users)
        y[arm] = -rest * math.sqrt(plain[arm][1] * n * (n - 1) / (rest**2).sum())
        x[arm] = np.array([[(each <= middle).sum(), len(each)] for each in before], dtype=float)
    expected = adjusted(y, x, {arm: plain[arm][:2] for arm in ARMS})
    same(estimates((await measured(warehouse, asked, cuped=True))[""]), expected)


DAYS = sorted({user.day for user in USERS})


@pytest.mark.parametrize("cuped", [False, True], ids=["plain", "cuped"])
@pytest.mark.parametrize(
    "asked",
    [metric("sum"), metric("ratio", denominator_event="visit"), metric("quantile", "visit", quantile=0.5)],
    ids=["sum", "ratio", "quantile"],
)
async def test_a_day_holds_all_before_it(warehouse: Warehouse, asked: Metric, cuped: bool) -> None:
    """The last day is the headline; each day is what its units alone would be."""
    by_day = await measured(warehouse, asked, BY_DAY, cuped=cuped, cumulative=True)
    assert sorted(by_day) == DAYS
    whole = estimates((await measured(warehouse, asked, cuped=cuped))[""])
    same(estimates(by_day[DAYS[-1]]), {arm: each[:2] for arm, each in whole.items()})
    until = [user for user in USERS if user.day <= DAYS[1]]
    if asked.aggregation.name == "quantile":
        for arm in ARMS:
            values = [value for user in until if user.arm == arm for value in latencies(user.after("visit"))]
            middle = np.quantile(values, 0.5, method="inverted_cdf")
            shown = analyse_metric(MetricSpec("m"), by_day[DAYS[1]], control="off").arms
            assert cuped or next(each.mean for each in shown if each.arm == arm) == middle
    elif asked.aggregation.name == "sum" and not cuped:
        same(estimates(by_day[DAYS[1]]), mean_of(revenue, until))


@pytest.mark.parametrize("cuped", [False, True], ids=["plain", "cuped"])
async def test_quantiles_by_segment(warehouse: Warehouse, cuped: bool) -> None:
    by_day = await measured(warehouse, metric("quantile", "visit", quantile=0.5), BY_DAY, cuped=cuped)
    for day in DAYS:
        shown = analyse_metric(MetricSpec("m"), by_day[day], control="off")
        for arm in shown.arms:
            users = [user for user in USERS if user.arm == arm.arm and user.day == day]
            values = [value for user in users for value in latencies(user.after("visit"))]
            middle = np.quantile(values, 0.5, method="inverted_cdf")
            assert cuped or arm.mean == middle


EXPERIMENT = Experiment(
    id="x",
    key="x",
    name="X",
    environment_id="e",
    flag="checkout",
    assigns=True,
    status="running",
    start_at=START,
    stop_at=None,
    shares={"off": 5000, "on": 5000},
    control="off",
    metrics=(),
    plan=Plan(),
)


@pytest.mark.parametrize("cuped", [False, True], ids=["plain", "cuped"])
async def test_days_since_the_exposure(warehouse: Warehouse, cuped: bool) -> None:
    """Of the units that have the day behind them, whole days of exposure alone."""
    shown = START + 6 * DAY + 7
    scope = ExposureScope("o", "e", "checkout", "", ARMS, START, END_OF_TIME, END_OF_TIME, BY_DAY)
    experiment = replace(EXPERIMENT, plan=Plan(cuped=cuped))
    asked = [metric("sum", window_start=3600), metric("quantile", quantile=0.5), metric("conversion")]
    elapsed = ElapsedDays(ExperimentReader(warehouse), experiment, shown)
    counts, told, found = await elapsed.measured(scope, asked)
    assert [each.aggregation.name for each in told] == ["sum", "conversion"]
    assert sorted(found[0].summaries) == ["0", "1", "2", "3", "4"]
    for day in range(5):
        ripe = [u for u in USERS if START + (DAYS.index(u.day) + 2 + day) * DAY <= shown]
        assert counts.units[str(day), "on"] == sum(user.arm == "on" for user in ripe)

        def spent(user: User, day: int = day) -> float:
            first, last = user.exposed_at + max(day * DAY, 3_600_000), user.exposed_at + (day + 1) * DAY
            return revenue(user, [each for each in user.after("purchase") if first <= each.at < last])

        expected = mean_of(spent, ripe)
        if cuped:
            y = {arm: of_arm(arm, spent, ripe) for arm in ARMS}
            x = columns(spent_before, lambda u: float(bool(u.before("purchase"))), users=ripe)
            expected = adjusted(y, x, expected)
        same(estimates(found[0].summaries[str(day)]), expected)


async def test_weekdays(warehouse: Warehouse) -> None:
    by_weekday = await measured(warehouse, metric("sum"), BY_WEEKDAY)
    names = ["Monday", "Tuesday", "Wednesday", "Thursday"]
    assert sorted(by_weekday) == sorted(names)
    for name, day in zip(names, DAYS, strict=True):
        same(estimates(by_weekday[name]), mean_of(revenue, [user for user in USERS if user.day == day]))
