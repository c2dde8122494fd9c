"""Query parameters as strictly as bodies: what a route does not declare is refused, and what is given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request

from service_kit.problems import FieldError, InvalidInput

if TYPE_CHECKING:
    # A process whose routes are none of FastAPI's does without it.
    from fastapi.dependencies.models import Dependant
    from fastapi.routing import APIRoute

QUERY_VALUE_LENGTH_MAX = 2048
"""Unless the route says more for a parameter of its own."""
_NAME_LENGTH_SHOWN = 64


def declared_parameters(route: APIRoute) -> dict[str, int]:
    """The query parameters that the route and its dependencies read, and how long the value of each may be."""
    return dict(_declared(route.dependant))


def check_parameters(request: Request, declared: Collection[str] | None = None) -> None:
    """Raises InvalidInput that names the first parameters at fault. `declared`: those of the request's own route, by
    `declared_parameters` or by their names alone."""
    if not request.scope["query_string"]:
        return
    if declared is None:
        declared = declared_parameters(request.scope["route"])
    given = request.query_params.multi_items()
    longest = declared if isinstance(declared, Mapping) else {}
    errors = [error for name, value in given if (error := _value_error(name, value, longest.get(name, 0)))]
    counts = Counter(name for name, _ in given)
    for name, count in counts.items():
        if name not in declared:
            errors.append(_error(name, "unknown_parameter", _unknown(declared)))
        elif count > 1:
            errors.append(_error(name, "repeated", "must be given once"))
    if errors:
        raise InvalidInput(errors[:100])


def _declared(dependant: Dependant) -> Iterator[tuple[str, int]]:
    for field in dependant.query_params:
        said = [getattr(each, "max_length", None) or 0 for each in field.field_info.metadata]
        yield field.alias, max(said, default=0)
    for each in dependant.dependencies:
        yield from _declared(each)


def _value_error(name: str, value: str, said: int) -> FieldError | None:
    if "\x00" in value or "\x00" in name:
        return _error(name, "nul_character", "must not hold a NUL character")
    most = max(said, QUERY_VALUE_LENGTH_MAX)
    if len(value) > most:
        return _error(name, "too_long", f"at most {most} characters")
    return None


def _error(name: str, code: str, reason: str) -> FieldError:
    shown = name.replace("\x00", "").encode("utf-8", "replace").decode()
    return FieldError(shown[:_NAME_LENGTH_SHOWN] or "query", code, reason)


def _unknown(declared: Collection[str]) -> str:
    if not declared:
        return "there are no parameters here"
    return f"there is no such parameter; there are: {', '.join(sorted(declared))}"
