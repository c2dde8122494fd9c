"""The query of a scope's units, one row per user: of the exposures that count, and perhaps from a trigger event on.

Its columns: `user_key`, `first_at` (the first exposure, or the first trigger event after it), `segment`, `several`,
`only_variation`, `unit`; with a trigger event also `exposed_at` (the first exposure).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from bucketing.document import condition_from_document

from analytics.warehouse.filters import Column, Filter, compiled
from analytics.warehouse.scopes import ExposureScope
from analytics.warehouse.sql import query

_CONTEXT = Column("context", "user_key")
_FILTERED = "$passes"
"""Where a query of exposures takes the scope's filter."""
_CANDIDATES = "$candidates"
"""Where the query of units takes the one of candidates."""
_OF_FLAG = "AND flag = {flag:String}"
_TRIGGERED = """SELECT
    user_key,
    fromUnixTimestamp64Milli(arrayMin(since), 'UTC') AS first_at,
    fromUnixTimestamp64Milli(exposed_first, 'UTC') AS exposed_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), of_segment) AS segment,
    of_several AS several,
    of_variation AS only_variation,
    of_unit AS unit
FROM
(
    SELECT
        user_key,
        max(exposed) AS exposed_first,
        max(segment) AS of_segment,
        max(several) AS of_several,
        max(only_variation) AS of_variation,
        max(unit) AS of_unit,
        arrayFilter(moment -> moment >= exposed_first, groupArrayIf(happened_at, is_event)) AS since
    FROM
    (
        SELECT
            user_key,
            0 AS is_event,
            toUnixTimestamp64Milli(exposed_user.first_at) AS exposed,
            toString(segment) AS segment,
            toUInt8(several) AS several,
            toString(only_variation) AS only_variation,
            toString(unit) AS unit,
            toInt64(0) AS happened_at
        FROM
        (
{units}
        ) AS exposed_user
        UNION ALL
        SELECT
            user_key,
            1 AS is_event,
            toInt64(0) AS exposed,
            '' AS segment,
            toUInt8(0) AS several,
            '' AS only_variation,
            '' AS unit,
            toUnixTimestamp64Milli(occurred_at) AS happened_at
        {triggers}
    )
    GROUP BY user_key
    HAVING NOT min(is_event) AND notEmpty(since)
)"""
_TRIGGERS = """FROM events_metric FINAL
        WHERE organization_id = {organization:String}
            AND environment_id = {environment:String}
            AND metric = {trigger:String}
            AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
            AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')"""
_RECEIVED, _OCCURRED = "toUnixTimestamp64Milli(received_at)", "toUnixTimestamp64Milli(occurred_at)"
_OF_TRIGGERED = f"""INNER JOIN
    (
        SELECT user_key AS triggered_user, groupArray(({_OCCURRED}, {_RECEIVED})) AS triggers
        {_TRIGGERS}
        GROUP BY triggered_user
    ) AS triggered ON triggered_user = user_key"""
_FOLLOWING = f"arrayFilter(event -> event.1 >= {_OCCURRED}, triggers)"

_IN_BOTH = """SELECT
    here.user_key AS user_key,
    here.first_at AS first_at,{when}
    there.only_variation AS segment,
    toUInt8(here.several OR there.several) AS several,
    here.only_variation AS only_variation,
    here.unit AS unit
FROM
(
{here}
) AS here
INNER JOIN
(
{there}
) AS there ON here.user_key = there.user_key"""
_COUNTED = (
    f"NOT arrayExists((begin, end) -> {_OCCURRED} >= begin AND {_OCCURRED} < end, "
    "{pause_starts:Array(Int64)}, {pause_ends:Array(Int64)})"
)
_PARAMETER = re.compile(r"\{(\w+):")


def units_query(scope: ExposureScope) -> str:
    """The rows' query."""
    if scope.beside is None:
        return _units_of(scope)
    there = _PARAMETER.sub(r"{beside_\1:", _units_of(scope.beside))
    when = "\n    here.exposed_at AS exposed_at," if scope.trigger else ""
    return _IN_BOTH.format(here=_units_of(scope), there=there, when=when)


def some_units_query(scope: ExposureScope, only: str, candidates: str) -> str:
    """Of the users for whom the condition `only` holds. `candidates` is a query of what `candidates.sql` says of them.
    The scope has no trigger event and no scope beside."""
    text = query(scope.units).replace(_CANDIDATES, candidates).replace(_FILTERED, _passes(scope).sql)
    return text if scope.units == "units" else text.replace(_OF_FLAG, f"{_OF_FLAG}\n        AND {only}")


def some_candidates_query(only: str) -> str:
    """What `candidates.sql` says of the users for whom the condition holds."""
    return query("candidates").replace(_OF_FLAG, f"{_OF_FLAG}\n        AND {only}")


def units_parameters(scope: ExposureScope) -> dict[str, Any]:
    """What the query takes, as server-side parameters; those of the scope beside with `beside_` in front."""
    own = scope.parameters() | dict(_passes(scope).parameters)
    if scope.beside is None:
        return own
    return own | {f"beside_{name}": value for name, value in units_parameters(scope.beside).items()}


def _units_of(scope: ExposureScope) -> str:
    units = query(scope.units).replace(_CANDIDATES, query("candidates")).replace(_FILTERED, _passes(scope).sql)
    if scope.trigger:
        return _TRIGGERED.replace("{triggers}", _TRIGGERS).replace("{units}", units)
    return units


def reached_query(scope: ExposureScope) -> str:
    """When the scope had how many units; see the file. With a trigger event a unit is one when both were received."""
    passes, joined, received = _passes(scope).sql, "", _RECEIVED
    if scope.trigger:
        passes = f"{passes} AND notEmpty({_FOLLOWING})"
        joined = _OF_TRIGGERED
        received = f"arrayMin(event -> greatest({_RECEIVED}, event.2), {_FOLLOWING})"
    text = query("reached").replace(_FILTERED, passes)
    return text.replace("$triggered", joined).replace("$received", received)


def _passes(scope: ExposureScope) -> Filter:
    """The scope's filter, outside of its pauses."""
    found = Filter("1", {})
    if scope.filter:
        found = compiled(condition_from_document(msgspec.json.decode(scope.filter)), _CONTEXT, "exposure_filter")
    if not scope.pauses:
        return found
    starts, ends = zip(*scope.pauses, strict=True)
    spans = {"pause_starts": list(starts), "pause_ends": list(ends)}
    return Filter(f"({found.sql}) AND {_COUNTED}", dict(found.parameters) | spans)
