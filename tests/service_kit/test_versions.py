"""Concurrent edits: one rule of If-Match for every service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from service_kit.problems import PreconditionFailed, install_problem_handlers
from service_kit.validation_problems import install_validation_handler
from service_kit.versions import ExpectedVersion, VersionIfGiven, check_version, etag


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Of an entity at version 7 that can be changed (the version is needed) and archived (it may be sent)."""
    app = FastAPI()
    install_problem_handlers(app)
    install_validation_handler(app)

    @app.patch("/entity")
    async def change(expected: ExpectedVersion) -> None:
        check_version(expected, 7)

    @app.post("/entity/archive")
    async def archive(expected: VersionIfGiven) -> None:
        check_version(expected, 7)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        yield client


@pytest.mark.parametrize(
    ("given", "change", "archive"),
    [
        (None, (428, "precondition_required"), (200, None)),
        ('"7"', (200, None), (200, None)),
        ('W/"7"', (200, None), (200, None)),
        ("7", (200, None), (200, None)),
        (' "7" ', (200, None), (200, None)),
        ('"6"', (412, "precondition_failed"), (412, "precondition_failed")),
        ('"8"', (412, "precondition_failed"), (412, "precondition_failed")),
        ('"999999999999999999"', (412, "precondition_failed"), (412, "precondition_failed")),
        *(
            (odd, (400, "invalid_if_match"), (400, "invalid_if_match"))
            for odd in ("", "*", '"x"', '"7", "8"', '"-7"', "7.0", '"7', "0x7", '"9999999999999999999"', '"٧"')
        ),
    ],
)
async def test_the_rule(
    client: httpx.AsyncClient, given: str | None, change: tuple[int, str | None], archive: tuple[int, str | None]
) -> None:
    headers = [] if given is None else [(b"if-match", given.encode())]
    for method, path, expected in (("PATCH", "/entity", change), ("POST", "/entity/archive", archive)):
        answer = await client.request(method, path, headers=headers)
        assert (answer.status_code, (answer.json() or {}).get("code")) == expected


def test_an_entity_tag_is_what_if_match_takes() -> None:
    assert etag(7) == '"7"'
    check_version(7, 7)
    check_version(None, 7)
    with pytest.raises(PreconditionFailed, match="version 7, not 6"):
        check_version(6, 7)
