"""Where the settings of an entity are copied to when it is cloned."""

from __future__ import annotations

from collections.abc import Sequence

from service_kit.problems import FieldError, InvalidInput

from control_plane.access import Right
from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import WriteTransaction
from control_plane.environments.queries import EnvironmentRow


def environments_to_copy_to(
    write: WriteTransaction, right: Right, named: Sequence[str] | None
) -> Sequence[EnvironmentRow]:
    """Where no environments are named, those in which the actor lacks the right are left out, and a warning says so.

    Raises `InvalidInput` for an environment that isn't there, and `MissingRight` for one that was named."""
    if named is None:
        allowed = [each for each in write.environments if write.actor.may(right, each.within(write.scope))]
        left_out = [each.key for each in write.environments if each not in allowed]
        if left_out:
            detail = f"you may not change {right.noun}s in {', '.join(left_out)}: nothing was copied there"
            write.warnings.append(Warned(code="settings_not_copied", detail=detail))
        return allowed
    wanted = set(named)
    unknown = sorted(wanted - {each.key for each in write.environments})
    if unknown:
        reason = f"there is no environment {unknown[0]!r} in use"
        raise InvalidInput([FieldError("environments", "unknown_environment", reason)])
    chosen = [each for each in write.environments if each.key in wanted]
    for environment in chosen:
        write.require(right, environment)
    return chosen
