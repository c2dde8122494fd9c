"""A flag's metadata: what may be saved, and that the edges are given it with the description."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from bucketing.flagset import Flag
from control_plane.database import Database
from control_plane.entities.rows import RowCache
from control_plane.flags.queries import compiled
from messages.documents import flag_document

from tests.control_plane.flags.test_flag_life import FLAG

METADATA = {"owner": "shop", "tier": 1, "share": 0.5, "beta": True, "note": ""}


async def test_metadata_is_kept_as_it_was_set(tenant: Any) -> None:
    api, flags = tenant.api, f"/projects/{tenant.project}/flags"
    made = (await api("POST", flags, FLAG)).json()
    assert made["metadata"] == {}
    one = f"{flags}/checkout"
    changed = await api.changed("PATCH", one, {"metadata": METADATA})
    assert json.dumps(changed["metadata"]) == json.dumps(METADATA)
    assert (await api.changed("PATCH", one, {"name": "Other"}))["metadata"] == METADATA
    assert (await api.changed("PATCH", one, {"metadata": {"owner": "web"}}))["metadata"] == {"owner": "web"}
    assert (await api("POST", flags, {**FLAG, "key": "other", "metadata": METADATA})).json()["metadata"] == METADATA


REFUSED: dict[str, tuple[Any, str]] = {
    "the version": ({"version": "1"}, "metadata.version"),
    "the flag set": ({"flagSetId": "1"}, "metadata.flagSetId"),
    "the age": ({"ageSeconds": 0}, "metadata.ageSeconds"),
    "null": ({"a": None}, "metadata.a"),
    "a list": ({"a": [1]}, "metadata.a"),
    "an object": ({"a": {"b": 1}}, "metadata.a"),
    "a long text": ({"a": "x" * 1025}, "metadata.a"),
    "a large integer": ({"a": 2**53}, "metadata.a"),
    "no name": ({"": 1}, "metadata"),
    "a long name": ({"n" * 129: 1}, "metadata." + "n" * 129),
    "too many": ({f"n{number}": number for number in range(51)}, "metadata"),
    "no object": ([], "metadata"),
    "nothing": (None, "metadata"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_no_answer_could_carry_is_refused(tenant: Any, name: str) -> None:
    metadata, field = REFUSED[name]
    flags = f"/projects/{tenant.project}/flags"
    answer = await tenant.api("POST", flags, {**FLAG, "metadata": metadata})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)


async def test_what_is_published_has_description_and_metadata(tenant: Any, database: Database) -> None:
    body = {**FLAG, "description": "what it is for", "metadata": METADATA}
    await tenant.api("POST", f"/projects/{tenant.project}/flags", body)
    environment_id = UUID((await tenant.api.ok("GET", tenant.path))["id"])
    async with database.transaction() as tx:
        (flag,) = await compiled(tx, environment_id, RowCache())
    assert isinstance(flag, Flag)
    document = json.loads(flag_document(flag))
    assert (document["description"], document["metadata"]) == ("what it is for", METADATA)
