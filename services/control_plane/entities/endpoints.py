"""What the endpoints of all entities share: the problems they may answer with, and the filter of a list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from service_kit.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unauthorized,
    problem_responses,
)

from control_plane.entities.table import ListFilter

READ = problem_responses(Unauthorized, Forbidden, NotFound, InvalidInput)
CREATE = problem_responses(BadRequest, Unauthorized, Forbidden, NotFound, Conflict, InvalidInput)
CHANGE = problem_responses(
    BadRequest, Unauthorized, Forbidden, NotFound, Conflict, PreconditionFailed, PreconditionRequired, InvalidInput
)


def requested_filter(
    q: Annotated[str | None, Query(max_length=200, description="Text in the key or the name.")] = None,
    tag: Annotated[str | None, Query(max_length=64)] = None,
    archived: Annotated[bool, Query(description="Archived ones, too.")] = False,
) -> ListFilter:
    return ListFilter(search=q, tag=tag, archived=archived)


RequestedFilter = Annotated[ListFilter, Depends(requested_filter)]
