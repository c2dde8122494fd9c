"""Users spread over several ClickHouse engines: their sufficient statistics, put together, are those of one engine over
all users, to the last digit. Of made events of every kind of metric, and of the recorded players of Cookie Cats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import reduce
from itertools import compress

import pytest
from analytics.warehouse import kept_sums
from analytics.warehouse.aggregates import ClusterTotals, Group, Percentiles
from analytics.warehouse.client import Columns, Row, Warehouse
from analytics.warehouse.experiments import ExperimentReader
from analytics.warehouse.joint_sums import JointRequest, JointSums
from analytics.warehouse.migrations import migrate
from analytics.warehouse.pictures import Picture
from analytics.warehouse.placement import PLACED_BY
from analytics.warehouse.scopes import END_OF_TIME, ExposureScope, MetricWindow
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.unit_rows import UnitRows
from messages.aggregations import AGGREGATIONS

from devstack.parts import ClickHouse
from examples.cookie_cats.players import ARMS, Player, read_players
from tests.analytics.asked_of_experiments import SCOPE, SPENT, START, VALUES, WINDOWS
from tests.integration.test_analytics_sheets import Stream

ENGINES = 2
DAY = 86_400_000
ROUNDS = MetricWindow("rounds", AGGREGATIONS["sum"])
PLAYED = (
    ROUNDS,
    MetricWindow("back", AGGREGATIONS["retention"], start=86_400, end=2 * 86_400),
    MetricWindow("back", AGGREGATIONS["count"]),
    MetricWindow("rounds", AGGREGATIONS["ratio"], denominator="back"),
)
GATE = ExposureScope("org-1", "env-1", "gate", "gates", ARMS, START, END_OF_TIME, END_OF_TIME)


class Engines:
    """One with all rows, and some with those of their users, told apart as the tables over all shards do it."""

    def __init__(self, whole: Warehouse, parts: Sequence[Warehouse]) -> None:
        self.whole = whole
        self.parts = parts

    async def insert(self, table: str, columns: Columns) -> None:
        _, keys = columns["user_key"]
        placed = await self._places(PLACED_BY[table], keys)
        await self.whole.insert(table, columns)
        for number, part in enumerate(self.parts):
            of_part = [place == number for place in placed]
            if any(of_part):
                await part.insert(
                    table, {name: (kind, [*compress(each, of_part)]) for name, (kind, each) in columns.items()}
                )

    async def _places(self, by: str, keys: Sequence[str]) -> list[int]:
        found: list[int] = []
        for first in range(0, len(keys), 20_000):
            asked = {"keys": list(keys[first : first + 20_000])}
            keyed = "SELECT arrayJoin({keys:Array(String)}) AS user_key"
            text = f"SELECT groupArray({by} % {ENGINES}) AS places FROM ({keyed})"
            found += (await self.whole.rows(text, asked))[0]["places"]
        return found

    @property
    def all(self) -> list[Warehouse]:
        return [self.whole, *self.parts]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ClickHouse]]:
    folder = tmp_path_factory.mktemp("engines")
    started = [ClickHouse(folder / str(number), durable=False) for number in range(ENGINES + 1)]
    try:
        for each in started:
            each.launch()
        for each in started:
            each.wait_ready()
        yield started
    finally:
        for each in started:
            each.stop()


@pytest.fixture
async def engines(servers: list[ClickHouse], request: pytest.FixtureRequest) -> AsyncIterator[Engines]:
    name = request.node.originalname
    whole, *parts = [Warehouse(WarehouseSettings(url=each.url, database=name)) for each in servers]
    made = Engines(whole, parts)
    for each in made.all:
        await migrate(each)
    yield made
    for each in made.all:
        await each.close()


def together(answers: Sequence[Sequence[Row]]) -> list[Row]:
    """Sums of several engines as one, by the rule by which a sheet takes in what is new."""
    return reduce(kept_sums.added, answers, [])


async def pictures(engines: Engines, rows: UnitRows) -> tuple[Picture, Picture]:
    """Of the whole, and of the parts together."""
    whole, *parts = await asyncio.gather(*(ExperimentReader(each).picture(rows) for each in engines.all))
    assert all(each.answer for each in parts)
    return whole, Picture(rows, together([each.answer for each in parts]))


async def test_sums_of_every_kind_of_metric_add_up(engines: Engines) -> None:
    await Stream(11).send(engines, 1_500)  # type: ignore[arg-type]  # it inserts, as a warehouse does
    rows = UnitRows(SCOPE, tuple(each for each in WINDOWS if each != VALUES), covariates=True)

    whole, added = await pictures(engines, rows)
    assert added.answer == whole.answer
    assert added.moments(SPENT) == whole.moments(SPENT)
    assert added.covariate_moments(SPENT) == whole.covariate_moments(SPENT)


async def test_sums_of_cut_numbers_and_of_clusters_add_up(engines: Engines) -> None:
    """Where to cut, and the value at a rank, is asked of all numbers; what is summed then is of each user again."""
    await Stream(12).send(engines, 1_500)  # type: ignore[arg-type]  # it inserts, as a warehouse does
    reader = ExperimentReader(engines.whole)
    reader.expect(SCOPE, WINDOWS, covariates=True)
    caps = await reader.pooled_caps(SCOPE, SPENT, 0, Percentiles(0.9))
    assert caps is not None
    observed = await reader.observation_counts(SCOPE, VALUES)
    middle = {group: [count // 2] for group, count in observed.items()}
    found = await reader.order_statistics(SCOPE, VALUES, middle)
    thresholds = {group: of_rank[middle[group][0]] for group, of_rank in found.items()}
    covariates = JointRequest(SPENT, (("before", SPENT), ("per visit", WINDOWS[5])), caps)

    answers = []
    for each in engines.all:
        asked = ExperimentReader(each)
        asked.expect(SCOPE, WINDOWS, covariates=True)
        await asked.covariate_moments(SCOPE, SPENT, caps)
        answers.append(
            (
                asked.queries[-1].rows,
                await asked.joint_sums(SCOPE, covariates),
                await asked.joint_sums(SCOPE, JointRequest(VALUES, (("before", SPENT),)), thresholds),
                await asked.cluster_totals(SCOPE, VALUES, thresholds),
            )
        )
    (cut, joint, ranks, totals), *parts = answers
    assert asked.queries[0].name == "unit_sums"
    assert together([each[0] for each in parts]) == cut
    assert any(row["m0_capped"] for row in cut)
    assert _joint([each[1] for each in parts]) == joint
    assert _joint([each[2] for each in parts]) == ranks
    assert _totals([each[3] for each in parts]) == totals


def _joint(parts: Sequence[Mapping[Group, JointSums]]) -> dict[Group, JointSums]:
    found: dict[Group, JointSums] = {}
    for group, sums in ((group, sums) for part in parts for group, sums in part.items()):
        found[group] = found[group].merged(sums) if group in found else sums
    return found


def _totals(parts: Sequence[Mapping[Group, ClusterTotals]]) -> dict[Group, ClusterTotals]:
    names = list(ClusterTotals.__dataclass_fields__)
    groups = {group: [part[group] for part in parts if group in part] for part in parts for group in part}
    return {
        group: ClusterTotals(**{name: sum(getattr(each, name) for each in some) for name in names})
        for group, some in groups.items()
    }


async def test_the_recorded_players_add_up(engines: Engines) -> None:
    players = read_players()
    await engines.insert("events_exposure", _exposures(players))
    await engines.insert("events_metric", _events(players))

    whole, added = await pictures(engines, UnitRows(GATE, PLAYED))
    assert added.answer == whole.answer
    assert sum(whole.unit_counts().units.values()) == len(players)
    for arm in ARMS:
        moments = added.moments(ROUNDS)["", arm]
        assert round(moments.mean * moments.units) == sum(each.rounds for each in players if each.arm == arm)


def _exposures(players: Sequence[Player]) -> Columns:
    columns: dict[str, tuple[str, Sequence[object]]] = dict(_of_events([each.user_key for each in players], START, "e"))
    texts = {"flag": "gate", "experiment": "gates", "experiments": "", "unit_key": "", "split": "", "context": "{}"}
    columns |= {name: ("String", [text] * len(players)) for name, text in texts.items()}
    columns["variation"] = ("String", [each.arm for each in players])
    columns["config_version"] = ("UInt64", [1] * len(players))
    columns["override"] = ("Bool", [False] * len(players))
    return columns


def _events(players: Sequence[Player]) -> Columns:
    told = [(each.user_key, "rounds", float(each.rounds)) for each in players]
    told += [(each.user_key, "back", 1.0) for each in players if each.back_on_day_1]
    columns: dict[str, tuple[str, Sequence[object]]] = dict(_of_events([user for user, _, _ in told], START + DAY, "m"))
    columns["metric"] = ("String", [name for _, name, _ in told])
    columns["value"] = ("Nullable(Float64)", [value for _, _, value in told])
    columns["properties"] = ("String", ["{}"] * len(told))
    return columns


def _of_events(keys: Sequence[str], at: int, prefix: str) -> Columns:
    texts = {"organization_id": "org-1", "project_id": "p", "environment_id": "env-1", "sdk_key_id": "k"}
    moment = ("DateTime64(3, 'UTC')", [at] * len(keys))
    return {
        **{name: ("String", [text] * len(keys)) for name, text in texts.items()},
        "user_key": ("String", keys),
        "event_id": ("String", [f"{prefix}{number}" for number in range(len(keys))]),
        "occurred_at": moment,
        "received_at": moment,
    }
