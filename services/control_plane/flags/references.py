"""References of a flag's settings: segments and prerequisites are there, and prerequisites don't run in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from bucketing.flagset import Flag
from bucketing.references import find_cycle
from service_kit.problems import FieldError, InvalidInput

from control_plane.entities import usages
from control_plane.entities.transactions import WriteTransaction
from control_plane.segments.queries import ARCHIVED, checked_segments, segments_named

_KNOWN = f"""
SELECT {ARCHIVED.strip()} AS segments,
    (SELECT jsonb_object_agg(key, jsonb_build_array(archived, jsonb_path_query_array(variations::jsonb, '$[*].key')))
        FROM flags WHERE organization_id = $1 AND project_id = $2 AND key = ANY($4::text[])) AS flags,
    CASE WHEN cardinality($4::text[]) > 0 THEN (
        SELECT jsonb_agg(jsonb_build_array(user_key, target_key)) FROM usages WHERE organization_id = $1
        AND project_id = $2 AND user_kind = 'flag' AND target_kind = 'flag' AND environment_id = $5
    ) END AS edges
"""  # noqa: S608 - a part of our own


async def keep_references(write: WriteTransaction, flag: Flag, environment_id: UUID) -> None:
    """From now on the flag uses what it names in this environment.

    Raises `InvalidInput`, with the path of each field, for a name that can't be used.
    """
    named = segments_named((f"rules[{index}].if", rule.condition) for index, rule in enumerate(flag.rules))
    wanted = {each.flag for each in flag.prerequisites}
    segments: list[usages.Reference] = []
    if named or wanted:
        scope = write.scope
        keys = sorted({key for _, key in named}), sorted(wanted)
        known = await write.tx.fetchrow(_KNOWN, scope.organization_id, scope.project_id, *keys, environment_id)
        assert known is not None  # noqa: S101 - a SELECT without FROM has one row
        segments = checked_segments(named, known["segments"] or {})
        _check_prerequisites(flag, known["flags"] or {})
        _refuse_cycle(flag, known["edges"] or [])
    flags = [usages.Reference("flag", each.flag, parts=frozenset({each.variation})) for each in flag.prerequisites]
    referrer = usages.Referrer("flag", flag.key, environment_id=environment_id)
    usages.replace_later(write.tx, write.scope, referrer, [*segments, *flags], active=not flag.archived)


def _check_prerequisites(flag: Flag, known: Mapping[str, tuple[bool, list[str]]]) -> None:
    """`known`: whether a flag is archived, and the keys of its variations."""
    errors: list[FieldError] = []
    for index, each in enumerate(flag.prerequisites):
        path = f"prerequisites[{index}]"
        archived, variations = known.get(each.flag, (False, None))
        if variations is None:
            errors.append(FieldError(f"{path}.flag", "unknown_flag", f"there is no flag {each.flag!r}"))
        elif archived:
            errors.append(FieldError(f"{path}.flag", "archived_flag", f"the flag {each.flag!r} is archived"))
        elif each.variation not in variations:
            reason = f"the flag {each.flag!r} has no variation {each.variation!r}"
            errors.append(FieldError(f"{path}.variation", "unknown_variation", reason))
    if errors:
        raise InvalidInput(errors)


def _refuse_cycle(flag: Flag, edges: Sequence[tuple[str, str]]) -> None:
    uses: dict[str, list[str]] = defaultdict(list)
    for user, used in edges:
        uses[user].append(used)
    cycle = find_cycle({**uses, flag.key: [each.flag for each in flag.prerequisites]})
    if cycle:
        reason = f"flags are each other's prerequisites: {' → '.join(cycle)}"
        raise InvalidInput([FieldError("prerequisites", "cycle", reason)])
