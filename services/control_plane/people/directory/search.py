"""Searches in a directory: filter, sort and page (RFC 7644, 3.4.2).

A filter that names an attribute which rows are found by is answered from those rows alone; any other is asked of each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from scim2_models import Context, Group, ListResponse, ScimFilter, SearchRequest
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from control_plane.database import Connection
from control_plane.people.directory.client import Client
from control_plane.people.directory.forms import RESULTS_MAX, SERVICE, Form, Person
from control_plane.people.directory.kinds import Kind
from control_plane.people.provisioned_members import Host

_ROWS_AT_ONCE = 250
_PARAMETERS = ("filter", "sortBy", "sortOrder", "startIndex", "count", "attributes", "excludedAttributes")


def request_of(kinds: Sequence[Kind], given: Mapping[str, Any]) -> SearchRequest[Any]:
    """What a query string or a body asks for. Raises `ValidationError` for what is no filter or no attribute."""
    known = {name: given[name] for name in _PARAMETERS if name in given}
    model: Any = SearchRequest
    asked = model[Person | Group] if len(kinds) > 1 else model[kinds[0].model]
    request: SearchRequest[Any] = asked.model_validate(known, scim_provider=SERVICE)
    return request


async def search(tx: Connection, kinds: Sequence[Kind], client: Client, host: Host, request: SearchRequest[Any]) -> str:
    """The answer's body."""
    start = request.start_index_0 or 0
    count = RESULTS_MAX if request.count is None else min(request.count, RESULTS_MAX)
    if len(kinds) == 1 and request.filter is None and request.sort_by is None:
        total = await kinds[0].count(tx, host)
        rows = await kinds[0].listed(tx, host, offset=start, limit=count)
        page = [kinds[0].form(row, client) for row in rows]
    else:
        matches: list[Form] = []
        for kind in kinds:
            rows = await _candidates(tx, kind, host, request.filter)
            for position in range(0, len(rows), _ROWS_AT_ONCE):
                part = rows[position : position + _ROWS_AT_ONCE]
                matches += await asyncio.to_thread(_matching, kind, client, part, request.filter)
        if request.sort_by is not None:
            matches = await asyncio.to_thread(request.sort, matches)
        total, page = len(matches), matches[start : start + count]
    answer = ListResponse[Person | Group](
        total_results=total, start_index=start + 1, items_per_page=len(page), resources=page
    )
    body: str = answer.model_dump_json(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=request, scim_provider=SERVICE
    )
    return body


def _matching(kind: Kind, client: Client, rows: Iterable[asyncpg.Record], wanted: ScimFilter[Any] | None) -> list[Form]:
    bound: Any = ScimFilter
    own = None if wanted is None else bound[kind.model](wanted)
    forms = (kind.form(row, client) for row in rows)
    return [form for form in forms if own is None or own.match(form)]


async def _candidates(tx: Connection, kind: Kind, host: Host, wanted: ScimFilter[Any] | None) -> list[asyncpg.Record]:
    found_by = None if wanted is None else _found_by(wanted.ast, kind)
    if found_by is None:
        return await kind.listed(tx, host, offset=0, limit=None)
    return await kind.find_by(tx, host, *found_by)


def _found_by(node: FilterNode, kind: Kind) -> tuple[str, str] | None:
    """An attribute and its value that every match has."""
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        return next((found for term in node.terms if (found := _found_by(term, kind)) is not None), None)
    if not isinstance(node, Comparison) or node.op is not CompareOperator.eq:
        return None
    path, value = node.attr_path, node.value
    plain = path.sub_attr is None and path.uri is None and path.attr.lower() in kind.columns
    return (path.attr.lower(), value) if plain and isinstance(value, str) and value.isprintable() else None
