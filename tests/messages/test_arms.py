"""Keys of units that stand for an arm."""

from __future__ import annotations

from messages.arms import ARM_PREFIX, ARM_SOURCE_LENGTH, arm_prefix, arm_unit


def test_a_unit_is_told_from_people_and_leads_back_to_its_arm() -> None:
    source = "0123456789abcdef"
    assert len(source) == ARM_SOURCE_LENGTH
    unit = arm_unit("checkout", "a:b", source)
    assert unit == "arm:checkout:a:b:0123456789abcdef"
    assert unit.startswith(ARM_PREFIX)
    assert unit[:-ARM_SOURCE_LENGTH] == arm_prefix("checkout", "a:b")
