"""Query parameters as strictly as bodies: what a route does not declare is refused, and what is given twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from starlette.requests import Request

from service_kit.problems import FieldError, InvalidInput

if TYPE_CHECKING:
    # A process whose routes are none of FastAPI's does without it.
    from fastapi.dependencies.models import Dependant
    from fastapi.routing import APIRoute

QUERY_VALUE_LENGTH_MAX = 2048
_NAME_LENGTH_SHOWN = 64


def declared_parameters(route: APIRoute) -> frozenset[str]:
    """The query parameters that the route and its dependencies read."""
    return frozenset(_declared(route.dependant))


def check_parameters(request: Request, declared: frozenset[str] | None = None) -> None:
    """Raises InvalidInput that names the first parameters at fault. `declared`: those of the request's own route."""
    if not request.scope["query_string"]:
        return
    if declared is None:
        declared = declared_parameters(request.scope["route"])
    given = request.query_params.multi_items()
    errors = [error for name, value in given if (error := _value_error(name, value))]
    counts = Counter(name for name, _ in given)
    for name, count in counts.items():
        if name not in declared:
            errors.append(_error(name, "unknown_parameter", _unknown(declared)))
        elif count > 1:
            errors.append(_error(name, "repeated", "must be given once"))
    if errors:
        raise InvalidInput(errors[:100])


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _declared(each)


def _value_error(name: str, value: str) -> FieldError | None:
    if "\x00" in value or "\x00" in name:
        return _error(name, "nul_character", "must not hold a NUL character")
    if len(value) > QUERY_VALUE_LENGTH_MAX:
        return _error(name, "too_long", f"at most {QUERY_VALUE_LENGTH_MAX} characters")
    return None


def _error(name: str, code: str, reason: str) -> FieldError:
    shown = name.replace("\x00", "").encode("utf-8", "replace").decode()
    return FieldError(shown[:_NAME_LENGTH_SHOWN] or "query", code, reason)


def _unknown(declared: frozenset[str]) -> str:
    if not declared:
        return "there are no parameters here"
    return f"there is no such parameter; there are: {', '.join(sorted(declared))}"
