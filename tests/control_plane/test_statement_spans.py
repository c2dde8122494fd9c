"""What a statement is called in a trace: its kind and table, and nothing that stands in it."""

from __future__ import annotations

import pytest
from control_plane.database.statement_spans import summary


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        pytest.param("SELECT a FROM flags WHERE key = 'secret'", "SELECT flags", id="read"),
        pytest.param("UPDATE flags SET name = $1", "UPDATE flags", id="update"),
        pytest.param("INSERT INTO flags (a) VALUES (1)", "INSERT INTO flags", id="insert"),
        pytest.param("DELETE FROM outbox", "DELETE FROM outbox", id="delete"),
        pytest.param(
            "WITH e AS (SELECT 1 FROM a), n AS (INSERT INTO audit (x) VALUES ($1)) SELECT * FROM e",
            "INSERT INTO audit",
            id="write-within",
        ),
        pytest.param("SELECT a FROM flags FOR UPDATE", "SELECT flags", id="lock"),
        pytest.param("INSERT INTO a (x) VALUES ($1) ON CONFLICT DO UPDATE SET x = 1", "INSERT INTO a", id="upsert"),
        pytest.param("COMMIT", "COMMIT", id="commit"),
        pytest.param("SELECT 1", "SELECT", id="of-nothing"),
    ],
)
def test_a_statement_is_called_by_its_kind_and_table(sql: str, told: str) -> None:
    assert summary(sql) == told
