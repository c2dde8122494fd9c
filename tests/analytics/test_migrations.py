"""The DDL in both forms, word for word, and its numbering."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from analytics.warehouse.migrations import known_migrations
from analytics.warehouse.settings import WarehouseSettings

VECTORS = Path(__file__).parents[1] / "vectors" / "analytics_ddl"


@pytest.mark.parametrize(("form", "cluster"), [("single", ""), ("cluster", "main")])
def test_the_ddl_is_the_golden_one(form: str, cluster: str) -> None:
    settings = WarehouseSettings(url="http://localhost:8123", cluster=cluster)
    statements = [text for each in known_migrations() for text in each.statements(settings)]

    assert ";\n\n".join(statements) + ";\n" == (VECTORS / f"{form}.sql").read_text()


def test_on_a_cluster_every_table_is_replicated_everywhere() -> None:
    settings = WarehouseSettings(url="http://localhost:8123", cluster="main")
    for migration in known_migrations():
        for statement in migration.statements(settings):
            # What an INSERT writes on one node, replication brings to the others.
            assert "ON CLUSTER main" in statement or statement.startswith("INSERT")
            if "ENGINE" in statement:
                assert "ENGINE = Replicated" in statement
                assert "non_replicated" not in statement


def test_numbers_have_no_gaps() -> None:
    assert [each.number for each in known_migrations()] == list(range(1, len(known_migrations()) + 1))


def test_a_name_is_made_once() -> None:
    """What becomes another table or view gets another name. Of two processes that migrate at once the slower one could
    make the old one again just before the faster one would make the new one, which it then takes for made."""
    made = [name for each in known_migrations() for name in each.made]
    assert len(made) == len(set(made))


@pytest.mark.parametrize("changes", [{"database": "a b"}, {"database": ""}, {"cluster": "x;y"}, {"url": "clickhouse"}])
def test_settings_that_could_become_sql_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|letters"):
        WarehouseSettings(**({"url": "http://localhost:8123"} | changes))
