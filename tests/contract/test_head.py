"""`HEAD` is answered where `GET` is, with the same status and headers and without a body, in every service."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.contract.apps import apps

APPS = apps()
OPERATIONS = [
    pytest.param(name, path, id=f"{name} {path}")
    for name, app in APPS.items()
    for path, operations in app.openapi()["paths"].items()
    if "get" in operations
]
PARAMETER = re.compile(r"\{\w+\}")
CHANGING = {"x-request-id", "content-length"}
"""Not alike in any two answers; lengths are those of figures in `/metrics`."""


def test_there_are_operations() -> None:
    assert len({operation.values[0] for operation in OPERATIONS}) == len(APPS)
    assert len(OPERATIONS) > 60


@pytest.mark.parametrize(("name", "path"), OPERATIONS)
async def test_head_is_answered_as_get_is(name: str, path: str) -> None:
    address = PARAMETER.sub("7d1ff9ae-6a3b-4b5e-9a43-0d0a4c0a7b11", path)
    transport = httpx.ASGITransport(APPS[name], raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        of_get, of_head = await client.get(address), await client.head(address)
    assert of_head.status_code == of_get.status_code != 405
    assert of_head.content == b""
    compared = [
        {name: value for name, value in each.headers.items() if name not in CHANGING} for each in (of_get, of_head)
    ]
    assert compared[0] == compared[1]
    assert ("content-length" in of_head.headers) == ("content-length" in of_get.headers)
