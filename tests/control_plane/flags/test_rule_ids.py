"""Ids of rules that came without one."""

from __future__ import annotations

from typing import Any

from control_plane.flags.definition import with_rule_ids


def test_a_rule_without_an_id_gets_the_first_free_number() -> None:
    rules: list[dict[str, Any]] = [{}, {"id": "rule-1"}, {"id": None}, {"id": "own"}, {}]
    assert [each["id"] for each in with_rule_ids(rules)] == ["rule-2", "rule-1", "rule-3", "own", "rule-4"]


def test_ids_that_are_no_text_are_left_to_the_validation() -> None:
    assert with_rule_ids([{"id": 7}, {}]) == [{"id": 7}, {"id": "rule-1"}]
