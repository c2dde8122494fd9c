"""Each number and boolean that a document says a body has is one: no text, and no number for a truth value. What JSON
knows as the same number is taken. (Of events: test_number_fields.py of the ingestor.)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.apps import open_clients
from tests.contract.body_fields import RIGHT, WRONG, Field, bodies

ROWS = [
    pytest.param(name, *row, id=f"{name} {row[0]} {row[1]} {row[2].path}")
    for name in ("control plane", "analytics", "edge")
    for row in bodies(name)
]


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, httpx.AsyncClient]]:
    with open_clients() as made:
        yield made


async def faults(client: httpx.AsyncClient, method: str, path: str, body: Any) -> list[str]:
    """The fields that an answer finds of the wrong kind."""
    answer = await client.request(
        method, path.replace("{", "").replace("}", ""), json=body, headers={"If-Match": '"1"'}
    )
    document = answer.json()
    if "errorDetails" in document:
        return [document["errorDetails"].partition(":")[0]]
    found = [each["field"] for each in document.get("errors", []) if each["code"].endswith(("_type", "_from_float"))]
    assert not found or answer.status_code == 422
    return found


@pytest.mark.parametrize(("name", "method", "path", "field"), ROWS)
async def test_a_number_is_no_text_and_a_truth_value_no_number(
    clients: dict[str, httpx.AsyncClient], name: str, method: str, path: str, field: Field
) -> None:
    for value in WRONG[field.kind]:
        found = await faults(clients[name], method, path, field.body(value))
        assert any(each.startswith(field.path) for each in found), (value, found)
    for value in RIGHT[field.kind]:
        found = await faults(clients[name], method, path, field.body(value))
        assert not any(each.startswith(field.path) for each in found), (value, found)


def test_there_are_fields() -> None:
    assert {each.values[0] for each in ROWS} == {"control plane", "analytics", "edge"}
    assert len(ROWS) > 60
