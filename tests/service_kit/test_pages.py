"""Lists in pages: one pair of parameters, cursors that are sort keys, one refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from service_kit.pagination import (
    InvalidCursor,
    Page,
    RequestedPage,
    moment_position,
    number_position,
    page_of,
    position_of,
)
from service_kit.problems import install_problem_handlers
from service_kit.validation_problems import install_validation_handler

ROWS = [f"row-{number:03}" for number in range(120)]


@pytest.fixture
def rows() -> list[str]:
    return list(ROWS)


@pytest.fixture
async def client(rows: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problem_handlers(app)
    install_validation_handler(app)

    @app.get("/rows")
    async def listed(page: RequestedPage) -> Page[str]:
        found = [row for row in sorted(rows) if page.after is None or row > page.after]
        given, cursor = page_of(found[: page.fetch], page, str)
        return Page(items=given, next_cursor=cursor)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        yield client


async def test_pages_follow_each_other_to_the_end(client: httpx.AsyncClient) -> None:
    sizes: list[int] = []
    found: list[str] = []
    cursor = None
    while cursor is not None or not found:
        answer = (await client.get("/rows", params={"cursor": cursor} if cursor else {})).json()
        sizes.append(len(answer["items"]))
        found += answer["items"]
        cursor = answer["next_cursor"]
    assert (sizes, found) == ([50, 50, 20], ROWS)


async def test_a_row_that_comes_or_goes_shifts_nothing(client: httpx.AsyncClient, rows: list[str]) -> None:
    first = (await client.get("/rows?limit=60")).json()
    rows.remove("row-010")
    rows.append("row-000-and-more")
    second = (await client.get("/rows", params={"limit": 60, "cursor": first["next_cursor"]})).json()
    assert first["items"] + second["items"] == ROWS
    assert second["next_cursor"] is None


async def test_a_full_last_page_has_no_next(client: httpx.AsyncClient) -> None:
    assert (await client.get("/rows?limit=120")).json() == {"items": ROWS, "next_cursor": None}


@pytest.mark.parametrize("cursor", ["", "x", "50", "%%%", "AA=", "é", "YQBi", "a" * 601])
async def test_a_cursor_of_ones_own_making_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/rows", params={"cursor": cursor})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e2", ""])
async def test_a_limit_has_limits(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get("/rows", params={"limit": limit})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["limit"]


def test_a_row_of_a_moment_has_a_position() -> None:
    row: dict[str, Any] = {"created_at": datetime(2026, 1, 5, 10, tzinfo=UTC), "id": UUID(int=7)}
    assert moment_position(position_of(row)) == (row["created_at"], row["id"])
    assert moment_position(None) is None


@pytest.mark.parametrize(
    "after",
    [
        "",
        "row-1",
        f"2026-01-05T10:00:00 {UUID(int=7)}",
        "2026-01-05T10:00:00+00:00 7",
        f"0001-01-01T00:00:00+23:59 {UUID(int=7)}",
        f"9999-12-31T23:59:59-23:59 {UUID(int=7)}",
    ],
)
def test_a_cursor_of_another_list_is_refused(after: str) -> None:
    with pytest.raises(InvalidCursor) as refused:
        moment_position(after)
    assert [(each.field, each.code) for each in refused.value.errors] == [("cursor", "invalid_cursor")]


def test_a_list_may_be_ordered_by_a_number() -> None:
    assert [number_position(after) for after in (None, "0", "17", "9" * 18)] == [None, 0, 17, 10**18 - 1]


@pytest.mark.parametrize("after", ["", "-1", "1.0", "x", "\u0661", "9" * 19, "1 2"])
def test_what_is_no_number_is_a_cursor_of_another_list(after: str) -> None:
    with pytest.raises(InvalidCursor):
        number_position(after)
