"""Edits tried out: by the very services that make them, in a transaction of which nothing is left.

So what the API refuses is refused when it is proposed, and it is known what would stand and whose answers it changes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import msgspec
from service_kit.problems import Conflict, FieldError, Forbidden, InvalidInput, NotFound, PreconditionFailed, Problem

from control_plane.entities.edits import EditKind, EditKinds
from control_plane.entities.joint import Frame, JointTransactions
from control_plane.entities.models import Edit
from control_plane.reviews.models import ProposedEdit
from control_plane.reviews.schemas import EditIn

PROPOSED_BYTES_MAX = 4 * 1024 * 1024


class _Undone(Exception):
    """The rehearsal is over."""


Watch = Callable[[JointTransactions], Awaitable[None]]
"""Looks at what was written, while it stands."""


async def rehearse(
    frame: Frame, kinds_on: EditKinds, given: Sequence[EditIn], watch: Watch | None = None
) -> tuple[ProposedEdit, ...]:
    """The edits with what they would do. Raises what making them would raise, with the edit in the field's path."""
    # Its title will say why; what is tried out leaves nothing that names it.
    joint = JointTransactions(frame, "a change request")
    kinds = kinds_on(joint)
    proposed: list[ProposedEdit] = []
    try:
        async with frame.tx.attempt():
            for index, each in enumerate(given):
                with located(index):
                    proposed.append(await _rehearsed(joint, frame, kinds[each.entity], each))
            if watch is not None:
                await watch(joint)
            raise _Undone
    except _Undone:
        pass
    _check_size(proposed)
    return tuple(proposed)


@contextmanager
def located(index: int) -> Iterator[None]:
    """Says of what is refused which edit it is about."""
    at = f"edits[{index}]"
    try:
        yield
    except NotFound as problem:
        raise InvalidInput([FieldError(at, "unknown", "there is nothing of this key")]) from problem
    except PreconditionFailed as problem:
        raise InvalidInput([FieldError(f"{at}.base_version", "stale_version", problem.detail)]) from problem
    except InvalidInput as problem:
        errors = [FieldError(f"{at}.{each.field}", each.code, each.reason) for each in problem.errors]
        raise InvalidInput(errors, code=problem.code) from problem
    except (Conflict, Forbidden) as problem:
        errors = [FieldError(f"{at}.{each.field}", each.code, each.reason) for each in problem.errors]
        raise _again(problem, f"{at}: {problem.detail}", errors) from problem


def _again(problem: Problem, detail: str, errors: Sequence[FieldError]) -> Problem:
    kind = Conflict if isinstance(problem, Conflict) else Forbidden
    return kind(detail, code=problem.code, errors=errors, members=problem.members)


async def _rehearsed(joint: JointTransactions, frame: Frame, kind: EditKind, given: EditIn) -> ProposedEdit:
    edit = _checked(kind, given)
    project = str(frame.scope.project_id)
    standing = await kind.standing(frame.actor, project, edit)
    if given.base_version is not None and (standing is None or standing.version != given.base_version):
        at = "there is none" if standing is None else f"it is at version {standing.version}"
        raise InvalidInput([FieldError("base_version", "stale_version", f"{at}: read it again")])
    details = await kind.details(frame.actor, project, edit)
    edit = details.edit
    with _in_document():
        await kind.make(frame.actor, project, edit, 0 if standing is None else standing.version)
    made = joint.made[-1]
    written_in = [each.key for each in frame.environments if each.id in made.change.environment_ids]
    answering = [each.key for each in made.answering]
    return ProposedEdit(
        edit=replace(edit, base_version=None if standing is None else standing.version),
        base=None if standing is None else {**standing.document, **details.before},
        after=None if made.change.after is None else {**made.change.after, **details.after},
        audited=details.audited,
        environments=tuple(answering),
        # What is written in all of them stands in none.
        touched=tuple(written_in if len(written_in) == 1 else answering),
        shrinking=made.shrinking,
    )


def _checked(kind: EditKind, given: EditIn) -> Edit:
    if given.action not in kind.actions:
        reason = f"what is done to a {kind.entity} is {', '.join(kind.actions)}"
        raise InvalidInput([FieldError("action", "unknown_action", reason)])
    if kind.in_environment and given.environment is None:
        raise InvalidInput([FieldError("environment", "missing", f"{kind.entity} stand in an environment")])
    if not kind.in_environment and given.environment is not None:
        reason = f"a {kind.entity} is the same in every environment, or names its own in its document"
        raise InvalidInput([FieldError("environment", "not_applicable", reason)])
    edit = Edit(
        entity=given.entity,
        key=given.key,
        environment=given.environment,
        action=given.action,
        document=given.document,
    )
    with _in_document():
        return kind.checked(edit)


@contextmanager
def _in_document() -> Iterator[None]:
    try:
        yield
    except InvalidInput as problem:
        errors = [FieldError(f"document.{each.field}", each.code, each.reason) for each in problem.errors]
        raise InvalidInput(errors, code=problem.code) from problem


def _check_size(proposed: Sequence[ProposedEdit]) -> None:
    size = sum(len(msgspec.json.encode((each.base, each.after, each.edit.document))) for each in proposed)
    if size > PROPOSED_BYTES_MAX:
        reason = f"what stands and what would stand take {size:,} bytes; at most {PROPOSED_BYTES_MAX:,} are kept"
        raise InvalidInput([FieldError("edits", "too_large", reason)])
