"""Concurrent edits: answers carry `ETag: "<version>"`, writes need it back in `If-Match`."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Request

from service_kit.problems import BadRequest, PreconditionFailed, PreconditionRequired

REFUSALS = (BadRequest, PreconditionFailed, PreconditionRequired)
"""What a write of a version may be refused with, for `problem_responses`."""
_ENTITY_TAG = re.compile(r'(?:W/)?("?)([0-9]{1,18})\1')


def etag(version: int) -> str:
    return f'"{version}"'


def require_version(request: Request) -> int:
    """The version in `If-Match`. Raises 428 without one, 400 for one that is no version of ours."""
    given = request.headers.get("if-match")
    if given is None:
        raise PreconditionRequired("send the entity's ETag as If-Match")
    match = _ENTITY_TAG.fullmatch(given.strip())
    if match is None:
        raise BadRequest("If-Match must hold one ETag of this entity", code="invalid_if_match")
    return int(match[2])


async def _expected_version(
    request: Request,
    _if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag that was read")] = None,
) -> int:
    return require_version(request)


ExpectedVersion = Annotated[int, Depends(_expected_version)]
"""As a parameter of an endpoint: the version that the caller has seen."""


async def _version_if_given(
    request: Request,
    _if_match: Annotated[str | None, Header(alias="If-Match", description="Optional: the ETag that was read")] = None,
) -> int | None:
    return None if _if_match is None else require_version(request)


VersionIfGiven = Annotated[int | None, Depends(_version_if_given)]
"""For writes that say all they mean (archive, delete, a switch): compared when sent, not needed."""


def check_version(expected: int | None, actual: int) -> None:
    """Raises 412 unless the caller has seen the version that stands, or names none."""
    if expected is not None and expected != actual:
        raise PreconditionFailed(f"the entity is at version {actual}, not {expected}: read it again")
