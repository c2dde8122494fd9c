"""References of a flag's settings: segments and prerequisites are there, and prerequisites don't run in a circle."""

from __future__ import annotations

from uuid import UUID

from bucketing.flagset import Flag
from bucketing.references import find_cycle
from service_kit.problems import FieldError, InvalidInput

from control_plane.entities import usages
from control_plane.entities.transactions import WriteTransaction
from control_plane.flags.models import FLAGS
from control_plane.segments.queries import named_segments


async def keep_references(write: WriteTransaction, flag: Flag, environment_id: UUID) -> None:
    """From now on the flag uses what it names in this environment.

    Raises `InvalidInput`, with the path of each field, for a name that can't be used.
    """
    conditions = [(f"rules[{index}].if", rule.condition) for index, rule in enumerate(flag.rules)]
    segments = await named_segments(write.tx, write.scope, conditions)
    await _check_prerequisites(write, flag)
    await _refuse_cycle(write, flag, environment_id)
    flags = [usages.Reference("flag", each.flag, parts=frozenset({each.variation})) for each in flag.prerequisites]
    referrer = usages.Referrer("flag", flag.key, environment_id=environment_id)
    usages.replace_later(write.tx, write.scope, referrer, [*segments, *flags], active=not flag.archived)


async def _check_prerequisites(write: WriteTransaction, flag: Flag) -> None:
    rows = await FLAGS.of_keys(write.tx, write.scope, {each.flag for each in flag.prerequisites})
    errors: list[FieldError] = []
    for index, each in enumerate(flag.prerequisites):
        path = f"prerequisites[{index}]"
        row = rows.get(each.flag)
        if row is None:
            errors.append(FieldError(f"{path}.flag", "unknown_flag", f"there is no flag {each.flag!r}"))
        elif row.archived:
            errors.append(FieldError(f"{path}.flag", "archived_flag", f"the flag {each.flag!r} is archived"))
        elif each.variation not in row.variation_keys:
            reason = f"the flag {each.flag!r} has no variation {each.variation!r}"
            errors.append(FieldError(f"{path}.variation", "unknown_variation", reason))
    if errors:
        raise InvalidInput(errors)


async def _refuse_cycle(write: WriteTransaction, flag: Flag, environment_id: UUID) -> None:
    if not flag.prerequisites:
        # What leads nowhere is part of no circle.
        return
    edges = await usages.edges(write.tx, write.scope, "flag", environment_id)
    cycle = find_cycle({**edges, flag.key: [each.flag for each in flag.prerequisites]})
    if cycle:
        reason = f"flags are each other's prerequisites: {' → '.join(cycle)}"
        raise InvalidInput([FieldError("prerequisites", "cycle", reason)])
