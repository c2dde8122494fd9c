"""Heads are signed, published with their keys, and find what was written anew although the database fits itself."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from control_plane.audit import verify_command
from control_plane.audit.heads import AUTOMATION, SignedHeads
from control_plane.audit.signing_keys import SIGNS_FOR
from control_plane.audit.verify_command import INTACT, TAMPERED, UNKNOWN, Report
from control_plane.changes.verification import verify
from control_plane.database import Database
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from service_kit.clock import ManualClock
from service_kit.sealing import Sealer

from tests.control_plane.conftest import Api, Tenant
from tests.control_plane.running_app import SECRET

Does = Callable[..., Awaitable[None]]


async def signed(tenant: Tenant) -> Any:
    return await tenant.api.ok("POST", f"/organizations/{tenant.organization}/audit/heads")


async def edits(tenant: Tenant, count: int) -> None:
    for number in range(count):
        await tenant.api.changed("PATCH", tenant.path, {"name": f"edit {number}"})


async def command(database: Database, *arguments: str) -> Report:
    parser = argparse.ArgumentParser()
    verify_command.add_arguments(parser)
    return await verify_command.run(parser.parse_args(arguments), partial(database.transaction, "repeatable_read"))


def kept(folder: Path, content: Any, name: str = "head.json") -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


async def test_a_head_says_where_the_chain_ends(tenant: Tenant) -> None:
    audit = f"/organizations/{tenant.organization}/audit"
    newest = (await tenant.api.ok("GET", f"{audit}?limit=1"))["items"][0]
    head = await signed(tenant)
    assert (head["organization"], head["number"], head["hash"]) == ("acme", newest["number"], newest["hash"])
    assert head["at"] == "2026-01-05T10:00:00Z"
    entry = (await tenant.api.ok("GET", f"{audit}?limit=1"))["items"][0]
    assert (entry["entity"], entry["action"], entry["entity_key"]) == ("audit_head", "sign", str(head["number"]))
    assert entry["after"] == head
    again = await signed(tenant)
    assert again["number"] == head["number"] + 1
    listed = await tenant.api.ok("GET", f"{audit}/heads?limit=1")
    assert listed["items"] == [again]
    rest = await tenant.api.ok("GET", f"{audit}/heads", params={"cursor": listed["next_cursor"]})
    assert rest["items"] == [head]


async def test_anybody_verifies_a_head_by_the_published_keys(tenant: Tenant, anonymous: Api) -> None:
    head = await signed(tenant)
    keys = jwt.PyJWKSet.from_dict(await anonymous.ok("GET", "/audit-keys"))
    told = jwt.decode(head["jws"], keys[head["kid"]], algorithms=["EdDSA"])
    assert told == {
        "organization_id": tenant.organization,
        "organization": "acme",
        "number": head["number"],
        "hash": head["hash"],
        "at": "2026-01-05T10:00:00+00:00",
    }


async def test_the_private_key_is_sealed(tenant: Tenant, database: Database) -> None:
    head = await signed(tenant)
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM audit_signing_keys")
    assert row is not None
    raw = Sealer(SECRET).open(row["private_key"], f"audit-key/{head['kid']}")
    assert Ed25519PrivateKey.from_private_bytes(raw).public_key().public_bytes_raw() == row["public_key"]
    assert raw not in row["private_key"]


async def test_every_hour_what_has_happened_is_signed_by_one(
    tenant: Tenant, database: Database, clock: ManualClock
) -> None:
    two = [SignedHeads(database, Sealer(SECRET)) for _ in range(2)]

    async def numbers() -> list[int]:
        for each in two:
            await each.sign_due()
        async with database.connection() as connection:
            rows = await connection.fetch("SELECT number FROM audit_signed_heads ORDER BY number DESC")
        return [row["number"] for row in rows]

    assert await numbers() == [5]
    await edits(tenant, 1)
    assert await numbers() == [5]
    clock.advance(3600)
    assert await numbers() == [7, 5]
    clock.advance(7200)
    assert await numbers() == [7, 5], "nothing has happened since but the signing itself"


async def test_a_key_signs_for_a_time_and_verifies_for_ever(
    tenant: Tenant, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    first = await signed(tenant)
    clock.advance(SIGNS_FOR.total_seconds() + 1)
    async with database.transaction() as tx:
        second = await SignedHeads(database, Sealer(SECRET)).sign(tx, UUID(tenant.organization), AUTOMATION)
        other = await SignedHeads(database, Sealer("another secret of thirty-two bytes and more")).sign(
            tx, UUID(tenant.organization), AUTOMATION
        )
    assert len({first["kid"], second.kid, other.kid}) == 3
    async with database.connection() as connection:
        held = await connection.fetch("SELECT kid FROM audit_signing_keys WHERE private_key IS NOT NULL")
    assert [row["kid"] for row in held] == [other.kid]
    report = await command(database, "--head", kept(tmp_path, [first, second.model_dump(mode="json")]))
    assert report.status == INTACT


async def test_a_chain_that_was_written_anew_does_not_fit_a_head_that_was_kept(
    tenant: Tenant, database: Database, rewritten: Does, owner_of_the_database: Does, tmp_path: Path
) -> None:
    await edits(tenant, 3)
    early = await signed(tenant)
    await edits(tenant, 5)
    late = await signed(tenant)
    keys = await tenant.api.ok("GET", "/audit-keys")
    heads = kept(tmp_path, {"items": [late, early]})
    assert (await command(database, "--head", heads)).status == INTACT

    await rewritten(tenant.organization, {early["number"] + 3: {"actor_name": "somebody else"}})
    await owner_of_the_database("DELETE FROM audit_signed_heads")
    assert (await verify(database.transaction, UUID(tenant.organization))).first_bad is None, "it fits itself"
    assert (await command(database)).status == INTACT
    report = await command(database, "--head", heads)
    assert report.status == TAMPERED
    assert report.lines[-1].startswith(
        f"acme: the first bad entry is one of {early['number'] + 1} to {late['number']}: the log was written anew"
    )

    await owner_of_the_database("DELETE FROM audit_signing_keys")
    report = await command(database, "--head", heads)
    assert (report.status, "not signed by a key that is known" in report.lines[0]) == (UNKNOWN, True)
    own_keys = kept(tmp_path, keys, "keys.json")
    assert (await command(database, "--head", heads, "--keys", own_keys)).status == TAMPERED


async def test_heads_in_the_database_find_it_too(tenant: Tenant, rewritten: Does) -> None:
    await edits(tenant, 2)
    head = await signed(tenant)
    await edits(tenant, 2)
    await rewritten(tenant.organization, {3: {"after": None}})
    verdict = await tenant.api.ok("GET", f"/organizations/{tenant.organization}/audit/verification")
    assert (verdict["intact"], verdict["first_bad"], verdict["last_bad"]) == (False, 1, head["number"])


async def test_an_entry_taken_out_and_a_tail_cut_off_are_found(
    tenant: Tenant, database: Database, rewritten: Does, tmp_path: Path
) -> None:
    await edits(tenant, 4)
    head = await signed(tenant)
    heads = kept(tmp_path, head)
    await rewritten(tenant.organization, {}, leave=4)
    assert (await command(database, "--head", heads)).status == TAMPERED
    await rewritten(tenant.organization, {}, leave=head["number"])
    report = await command(database, "--head", heads)
    assert report.status == TAMPERED
    assert "cut off" in report.lines[-1]


TAMPERING = {
    "changed": (["UPDATE audit_entries SET reason = 'because' WHERE number = 4"], "entry 4 is the first bad one"),
    "missing": (["DELETE FROM audit_entries WHERE number = 5"], "entry 5 is the first bad one"),
    "swapped": (
        [
            "UPDATE audit_entries SET number = 100 WHERE number = 3",
            "UPDATE audit_entries SET number = 3 WHERE number = 4",
            "UPDATE audit_entries SET number = 4 WHERE number = 100",
        ],
        "entry 3 is the first bad one",
    ),
    "cut": (["DELETE FROM audit_entries WHERE number > 6"], "entry 7 is the first bad one"),
}


@pytest.mark.parametrize(("statements", "told"), [pytest.param(*each, id=name) for name, each in TAMPERING.items()])
async def test_the_first_bad_entry_is_named(
    tenant: Tenant, database: Database, owner_of_the_database: Does, statements: list[str], told: str
) -> None:
    await edits(tenant, 5)
    assert (await command(database, "--organization", "acme")).lines == ["acme: intact, 10 entries"]
    await owner_of_the_database(*statements)
    report = await command(database, "--organization", "acme")
    assert (report.status, told in report.lines[0]) == (TAMPERED, True)


async def test_a_head_that_somebody_else_signed_says_nothing(
    tenant: Tenant, database: Database, tmp_path: Path
) -> None:
    head = await signed(tenant)
    document = jwt.decode(head["jws"], options={"verify_signature": False})
    header = jwt.get_unverified_header(head["jws"])
    forged = jwt.encode({**document, "hash": "00" * 32}, Ed25519PrivateKey.generate(), "EdDSA", headers=header)
    report = await command(database, "--head", kept(tmp_path, {**head, "jws": forged}))
    assert (report.status, "signature" in report.lines[0]) == (UNKNOWN, True)
    assert report.lines[1] == "acme: intact, 6 entries"
    untyped = jwt.encode(document, SECRET, "HS256", headers={"kid": head["kid"]})
    assert (await command(database, "--head", kept(tmp_path, untyped))).status == UNKNOWN


async def test_heads_are_read_in_every_form_in_which_they_are_told(
    tenant: Tenant, database: Database, tmp_path: Path
) -> None:
    head = await signed(tenant)
    forms = [
        head,
        [head],
        {"items": [head]},
        head["jws"],
        f"{head['jws']}\n{head['jws']}\n",
        json.dumps(head) + "\n" * 2,
    ]
    forms.append({"type": "audit.head", "data": {"entry": {"after": head}}})
    for form in forms:
        assert (await command(database, "--head", kept(tmp_path, form))).status == INTACT
    for form in ("", "{}", "[]"):
        with pytest.raises(verify_command.Unusable):
            await command(database, "--head", kept(tmp_path, form))
    with pytest.raises(verify_command.Unusable, match="No such file"):
        await command(database, "--head", str(tmp_path / "nowhere"))
    with pytest.raises(verify_command.Unusable, match="no organization other"):
        await command(database, "--organization", "other")


async def test_an_organization_that_is_gone_is_missed(
    tenant: Tenant, database: Database, owner_of_the_database: Does, tmp_path: Path
) -> None:
    head = await signed(tenant)
    await owner_of_the_database(f"DELETE FROM organizations WHERE id = '{tenant.organization}'")
    report = await command(database, "--head", kept(tmp_path, head))
    assert (report.status, tenant.organization in report.lines[-1]) == (TAMPERED, True)
