"""What ClickHouse is told in both forms, one server and shards, word for word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from analytics.warehouse.migrations import known_migrations, tables_of_rows
from analytics.warehouse.placement import PLACED_BY, distributed, on_shard, over_rows, placed, stored
from analytics.warehouse.settings import WarehouseSettings
from analytics.warehouse.sheet_layers import KEPT_ROWS
from analytics.warehouse.sql import query
from analytics.warehouse.unit_rows import UnitRows
from analytics.warehouse.unit_sums import Sums
from analytics.warehouse.unit_values import cluster_totals, order_statistics, pooled_caps, random_splits

from tests.analytics.asked_of_experiments import SCOPE, SPENT, VALUES

VECTORS = Path(__file__).parents[1] / "vectors"
SINGLE = WarehouseSettings(url="http://localhost:8123")
SHARDS = replace(SINGLE, cluster="main", shards=3)
USERS = UnitRows(SCOPE, (SPENT, VALUES), covariates=True)
COMPANIES = UnitRows(replace(SCOPE, by_unit=True), (SPENT,))


def _sums(rows: UnitRows) -> str:
    return Sums(rows, dict.fromkeys(rows.windows, False)).text("unit_rows")


QUERIES: Mapping[str, str] = {
    "sums": USERS.query(_sums(USERS)),
    "sums_of_companies": COMPANIES.query(_sums(COMPANIES)),
    "sums_of_a_sheet": over_rows(KEPT_ROWS, _sums(USERS)),
    "capped_sums": USERS.query(Sums(USERS, {SPENT: True}).text("unit_rows")),
    "caps": USERS.query(pooled_caps(USERS, SPENT)),
    "ranks": USERS.query(order_statistics(USERS, VALUES, cumulative=False)),
    "clusters": USERS.query(cluster_totals(USERS, VALUES, cumulative=False)),
    "random_splits": USERS.query(random_splits(USERS, SPENT)),
    "splits_of_companies": COMPANIES.query(random_splits(COMPANIES, SPENT)),
    "health": query("health"),
    "recent_contexts": query("recent_contexts"),
    "leftovers": "SELECT DISTINCT partition FROM system.parts WHERE active",
}
_TABLE = re.compile(r"\bFROM ([\w.]+)")


@pytest.mark.parametrize(
    ("form", "settings"), [pytest.param("single", SINGLE, id="single"), pytest.param("shards", SHARDS, id="shards")]
)
def test_the_queries_are_the_golden_ones(form: str, settings: WarehouseSettings) -> None:
    """Read their difference before you take it: `python -m tests.analytics.test_placement`."""
    assert _written(settings) == _golden(form).read_text()


def test_the_ddl_of_shards_is_the_golden_one() -> None:
    assert _ddl() == (VECTORS / "analytics_ddl" / "shards.sql").read_text()


def test_every_table_of_rows_has_its_place() -> None:
    assert PLACED_BY.keys() == tables_of_rows()


def test_the_tables_of_a_shard_are_those_of_a_cluster() -> None:
    """So a cluster of one shard grows into several without another table."""
    for migration in known_migrations():
        assert migration.statements(SHARDS) == migration.statements(replace(SHARDS, shards=1))


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in QUERIES])
def test_what_is_done_on_a_shard_reads_its_own_rows_alone(name: str) -> None:
    """A view that named no database would look in another one there; one over all shards would ask them all."""
    text = placed(QUERIES[name], SHARDS)
    for begin in (each.end() for each in re.finditer(r"view\(\n", text)):
        inside = text[begin : _end_of(text, begin)]
        read = set(_TABLE.findall(inside)) - {"units", "unit_rows", "candidates", "numbers"}
        assert read
        assert all(table.startswith("verdict.") for table in read)


def test_marks_are_never_told_to_clickhouse() -> None:
    for settings in (SINGLE, SHARDS):
        for text in QUERIES.values():
            assert "/*" not in placed(text, settings)


def test_a_part_is_done_where_its_rows_are() -> None:
    sql = over_rows("unit_rows AS (SELECT 1 FROM losses)", f"SELECT count() FROM {on_shard('SELECT * FROM unit_rows')}")

    assert (
        placed(sql, SINGLE)
        == "WITH\nunit_rows AS (SELECT 1 FROM losses)\nSELECT count() FROM (\nSELECT * FROM unit_rows\n)"
    )
    assert placed(sql, SHARDS) == (
        "SELECT count() FROM cluster('main', view(\nWITH\nunit_rows AS (SELECT 1 FROM verdict.losses)\n\n"
        "SELECT * FROM unit_rows\n))"
    )


def test_rows_are_changed_where_they_are_stored() -> None:
    assert stored("losses", SINGLE) == "losses"
    assert stored("losses", replace(SHARDS, shards=1)) == "losses ON CLUSTER main"
    assert stored("losses", SHARDS) == "verdict.losses ON CLUSTER main"


def test_shards_need_a_cluster() -> None:
    with pytest.raises(ValueError, match="FF_CLICKHOUSE_CLUSTER"):
        replace(SINGLE, shards=2)


def _end_of(text: str, begin: int) -> int:
    depth = 1
    for at in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return at
    raise AssertionError("a parenthesis is not closed")


def _ddl() -> str:
    statements = [text for each in known_migrations() for text in each.statements(SHARDS)]
    return ";\n\n".join([*statements, *distributed(PLACED_BY, SHARDS).values()]) + ";\n"


def _written(settings: WarehouseSettings) -> str:
    return "\n".join(f"-- {name}\n{placed(sql, settings)};\n" for name, sql in QUERIES.items())


def _golden(form: str) -> Path:
    return VECTORS / "analytics_queries" / f"{form}.sql"


if __name__ == "__main__":
    for each, of in (("single", SINGLE), ("shards", SHARDS)):
        _golden(each).parent.mkdir(exist_ok=True)
        _golden(each).write_text(_written(of))
    (VECTORS / "analytics_ddl" / "shards.sql").write_text(_ddl())
