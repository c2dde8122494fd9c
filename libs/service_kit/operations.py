"""Operations without a framework's models: what is answered at an address, and what the API's document says of it.

For a process that checks what it is sent by itself, and for what every service answers.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from service_kit.problems import FieldError, InvalidInput
from service_kit.truths import truth

JSON_CONTENT: Mapping[str, Any] = {"application/json": {"schema": {}}}
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in an address's query, and its schema in the document."""

    name: str
    schema: Mapping[str, Any]

    @classmethod
    def text(cls, name: str, default: str | None = None) -> Parameter:
        kind: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
        return cls(name, kind if default is None else {"type": "string", "default": default})

    @classmethod
    def truth(cls, name: str) -> Parameter:
        """False where it isn't given; read it by `truth_of`."""
        return cls(name, {"type": "boolean", "default": False})

    def document(self) -> dict[str, Any]:
        schema = {**self.schema, "title": self.name.title()}
        return {"name": self.name, "in": "query", "required": False, "schema": schema}


def truth_of(request: Request, name: str) -> bool:
    """The parameter in the query, False where it isn't given. Raises InvalidInput for what is no boolean."""
    text = request.query_params.get(name)
    if text is None:
        return False
    value = truth(text)
    if value is None:
        raise InvalidInput([FieldError(name, "bool_parsing", "must be true or false")])
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`answers`: by status, besides the 200, whose `content` is by media type; `more`: further members of the
    document."""

    method: str
    path: str
    tag: str
    summary: str
    name: str
    handle: Handler
    parameters: Sequence[Parameter] = ()
    content: Mapping[str, Any] | None = None
    answers: Mapping[int | str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def document(self, operation_id: str) -> dict[str, Any]:
        parameters: list[Mapping[str, Any]] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "title": name.title()}}
            for name in _PATH_PARAMETER.findall(self.path)
        ]
        parameters += [each.document() for each in self.parameters]
        parameters += self.more.get("parameters", ())
        good: dict[str, Any] = {"description": "Successful Response"}
        if self.content is not None:
            good["content"] = {kind: _titled(told, operation_id) for kind, told in self.content.items()}
        return {
            "tags": [self.tag],
            "summary": self.summary,
            "operationId": operation_id,
            **self.more,
            **({"parameters": parameters} if parameters else {}),
            "responses": {"200": good} | {str(status): answer for status, answer in self.answers.items()},
        }


def _titled(told: Mapping[str, Any], operation_id: str) -> Mapping[str, Any]:
    schema = told["schema"]
    return {"schema": {**schema, "title": f"Response {operation_id.replace('_', ' ').title()}"}} if schema else told


class OperationRoute(Route):
    """The route of one operation."""

    methods: set[str]

    def __init__(self, operation: Operation) -> None:
        super().__init__(operation.path, operation.handle, name=operation.name)
        self.methods = {operation.method}
        self.query_parameters = frozenset(each.name for each in operation.parameters)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        if match != Match.NONE:
            found["route"] = self
        return match, found


class Operations:
    """Operations of one subject. `rendered` puts something around each handler."""

    def __init__(self, tag: str, *, prefix: str = "", rendered: Callable[[Handler], Handler] | None = None) -> None:
        self._tag = tag
        self._prefix = prefix
        self._rendered = rendered
        self._made: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._made)

    def get(self, path: str, **told: Any) -> Callable[[Handler], Handler]:
        """The decorated function answers; `told` are members of Operation."""
        return self._added("GET", path, told)

    def post(self, path: str, **told: Any) -> Callable[[Handler], Handler]:
        return self._added("POST", path, told)

    def _added(self, method: str, path: str, told: dict[str, Any]) -> Callable[[Handler], Handler]:
        def add(handle: Handler) -> Handler:
            self._made.append(
                Operation(
                    method=method,
                    path=self._prefix + path,
                    tag=self._tag,
                    name=getattr(handle, "__name__", path),
                    handle=handle if self._rendered is None else self._rendered(handle),
                    **({"content": JSON_CONTENT} | told),
                )
            )
            return handle

        return add


def routes_of(operations: Iterable[Operation]) -> list[OperationRoute]:
    return [OperationRoute(each) for each in operations]


def long_name(route: OperationRoute) -> str:
    """What the document calls an operation, where the app has no other way."""
    return re.sub(r"\W", "_", route.name + route.path_format) + "".join(f"_{each.lower()}" for each in route.methods)


def paths_of(
    operations: Iterable[Operation], named: Callable[[OperationRoute], str] = long_name
) -> dict[str, dict[str, Any]]:
    """The operations in an API's document, by path and method."""
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = each.document(named(OperationRoute(each)))
    return paths
