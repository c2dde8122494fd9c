"""Units that stand for an arm: what an application measured of everybody who had one variation of a flag, in one
process over one interval, so that no user can be told.

The unit's key names the arm, `arm:<flag>:<variation>:<source>`. No exposure has it, so it counts in no experiment; who
compares arms reads it as a unit of its variation.
"""

from __future__ import annotations

ARM_PREFIX = "arm:"
ARM_SOURCE_LENGTH = 16
"""Of what follows the arm in a unit's key; a variation may hold colons itself."""


def arm_unit(flag: str, variation: str, source: str) -> str:
    """The key of the unit. `source` tells process and interval."""
    return f"{arm_prefix(flag, variation)}{source}"


def arm_prefix(flag: str, variation: str) -> str:
    """What the keys of all units of an arm begin with."""
    return f"{ARM_PREFIX}{flag}:{variation}:"
