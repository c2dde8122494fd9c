"""A destination's address is stored as it is asked for, and each kind says what it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.registry import AnyAddress, AnyDestination, Credentials, destination_of
from pydantic import TypeAdapter

ADDRESSES: list[dict[str, Any]] = [
    {"type": "folder", "path": "a/b"},
    {"type": "object_store", "bucket": "exports", "prefix": "x", "region": "eu-north-1", "endpoint": "s3.example.com"},
    {"type": "snowflake", "account": "ab12345", "user": "u", "database": "D", "schema": "S", "warehouse": "W",
     "role": "R", "endpoint": ""},
]  # fmt: skip
EACH = pytest.mark.parametrize("address", ADDRESSES, ids=lambda each: each["type"])


@EACH
def test_an_address_is_stored_as_it_is_asked_for(address: dict[str, Any]) -> None:
    stored = destination_of(TypeAdapter[Any](AnyAddress).validate_python(address))
    assert msgspec.json.decode(msgspec.json.encode(stored)) == address
    assert msgspec.json.decode(msgspec.json.encode(stored), type=AnyDestination) == stored


def test_each_destination_has_an_address() -> None:
    assert {each.__struct_config__.tag for each in get_args(AnyDestination)} == {each["type"] for each in ADDRESSES}


@EACH
def test_credentials_of_no_kind_fit_none(address: dict[str, Any]) -> None:
    stored = msgspec.convert(address, AnyDestination)
    assert stored.credentials_problem(list(Credentials.model_fields)) is not None


@pytest.mark.parametrize(("root", "refused"), [(None, True), (Path("/exports"), False)])
def test_a_folder_needs_the_operators_root(root: Path | None, refused: bool) -> None:
    stored = msgspec.convert(ADDRESSES[0], AnyDestination)
    assert (stored.refusal(DestinationPolicy(root, ())) is not None) is refused
