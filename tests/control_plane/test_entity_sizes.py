"""An entity that the bus would not take is refused when it is saved, with the field named that is to be shortened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from bucketing.flagset import Segment
from bucketing.limits import FLAG_TARGETS_MAX, SEGMENT_KEYS_MAX
from control_plane.entities.sizes import DOCUMENT_BYTES_MAX, check_size
from control_plane.flags.definition import checked_settings
from control_plane.flags.models import FlagRow, SettingsRow, new_settings
from messages.documents import segment_document
from service_kit.problems import InvalidInput

ID = UUID(int=1)
RULE = {"id": "r", "if": {"attribute": "plan", "operator": "in", "value": []}, "then": {"variation": "on"}}


def flag() -> FlagRow:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    return FlagRow(
        id=ID,
        organization_id=ID,
        project_id=ID,
        key="checkout",
        name="Checkout",
        description="",
        tags=[],
        archived=False,
        version=1,
        created_at=now,
        updated_at=now,
        type="boolean",
        variations=[{"key": "off", "value": False, "name": ""}, {"key": "on", "value": True, "name": ""}],
        off_variation="off",
        default_serve={"variation": "off"},
        client_visible=False,
        metadata={},
    )


def settings_of(*, targets: int = 0, key_length: int = 60, literals: int = 0) -> SettingsRow:
    rule = RULE | {"if": RULE["if"] | {"value": [f"{number:0100}" for number in range(literals)]}}  # type: ignore[operator]
    return replace(
        new_settings(flag(), ID),
        rules=[rule] if literals else [],
        targets=[{"key": f"{number:0{key_length}}", "variation": "on"} for number in range(targets)],
    )


def named(parts: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        check_size(b"x" * (DOCUMENT_BYTES_MAX + 1), parts)
    return [(each.field, each.code) for each in refused.value.errors]


def test_a_document_of_the_largest_size_is_taken() -> None:
    check_size(b"x" * DOCUMENT_BYTES_MAX, {"rules": []})


def test_the_field_that_is_to_be_shortened_is_named() -> None:
    assert named({"rules": [], "targets": ["u1"], "default": None}) == [("targets", "too_large")]
    assert named({"included": ["u"] * 9, "excluded": ["u"] * 10, "if": None}) == [("excluded", "too_large")]


def test_as_many_targets_as_the_docs_allow_are_taken() -> None:
    assert len(checked_settings(flag(), settings_of(targets=FLAG_TARGETS_MAX)).targets) == FLAG_TARGETS_MAX


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (settings_of(targets=FLAG_TARGETS_MAX, key_length=120, literals=10), "targets"),
        (settings_of(targets=10, literals=10_000), "rules"),
    ],
    ids=["targets", "rules"],
)
def test_a_flag_that_is_too_large_names_what_makes_it_so(settings: SettingsRow, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_settings(flag(), settings)
    assert [(each.field, each.code) for each in refused.value.errors] == [(field, "too_large")]


@pytest.mark.parametrize(("count", "length"), [(SEGMENT_KEYS_MAX, 36), (600, 1024), (SEGMENT_KEYS_MAX, 46)])
def test_as_many_keys_as_the_docs_allow_fit(count: int, length: int) -> None:
    keys = frozenset(f"{number:0{length}}" for number in range(count))
    assert len(segment_document(Segment("s", included=keys))) <= DOCUMENT_BYTES_MAX
