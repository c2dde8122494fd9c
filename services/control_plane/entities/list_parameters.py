"""The query parameters that lists of every kind of entity have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from service_kit.problems import FieldError, InvalidInput
from service_kit.requests import as_coroutine

from control_plane.entities.lists import Archived, Facet, ListFilter, Order, Sort
from control_plane.entities.moments import epoch_milliseconds


@dataclass(frozen=True, slots=True)
class ListParameters:
    """As they stand in an address."""

    q: Annotated[str | None, Query(max_length=200, description="Text in the key, the name or the description.")] = None
    tag: Annotated[str | None, Query(max_length=64)] = None
    owner: Annotated[str | None, Query(max_length=320, description="The e-mail address of a member.")] = None
    archived: Annotated[Archived, Query(description="`true`: archived ones, too; `only`: no others.")] = "false"
    changed_since: Annotated[
        str | None, Query(max_length=64, description="RFC 3339 with an offset, or epoch milliseconds.")
    ] = None
    sort: Annotated[Sort, Query(description="`-` in front: the largest first. By key where it is the same.")] = "key"
    total: Annotated[bool, Query(description="Also answers how many there are on all pages.")] = False
    facets: Annotated[
        str | None,
        Query(max_length=64, description="What is also counted: `tag`, `type`, `state`, `owner`, commas between."),
    ] = None


async def requested_filter(given: Annotated[ListParameters, Depends(as_coroutine(ListParameters))]) -> ListFilter:
    """Raises `InvalidInput` for a moment that is none, and for a facet that nobody knows."""
    return ListFilter(
        search=given.q,
        tag=given.tag,
        owner=given.owner,
        archived=given.archived,
        changed_since=None if given.changed_since is None else _moment(given.changed_since),
        order=Order(given.sort),
        total=given.total,
        facets=_facets(given.facets),
    )


RequestedFilter = Annotated[ListFilter, Depends(requested_filter)]


def _moment(text: str) -> datetime:
    given = int(text) if text.isascii() and text.isdigit() else text
    return datetime.fromtimestamp(epoch_milliseconds(given, "changed_since") / 1000, UTC)


def _facets(text: str | None) -> tuple[Facet, ...]:
    names = [] if text is None else text.split(",")
    unknown = [name for name in names if name not in set(Facet)]
    if unknown:
        reason = f"{unknown[0]!r} is none of {', '.join(Facet)}"
        raise InvalidInput([FieldError("facets", "unknown_facet", reason)])
    return tuple(dict.fromkeys(Facet(name) for name in names))
