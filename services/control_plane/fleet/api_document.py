"""What OpenAPI says of answers that wait: on each write whose answer tells the environments' versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from control_plane.fleet.answers import WRITES
from control_plane.fleet.preference import WAIT_SECONDS_MAX
from control_plane.fleet.waits import Propagation

_SCHEMA = "Propagation"
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": f"`wait=N` (1 to {WAIT_SECONDS_MAX} seconds): answer when every live edge serves the change, or "
    "after N seconds with those that don't yet. Anything else is ignored.",
}
_APPLIED = {
    "description": "`wait=N` when the answer waited for the edges; then it has `propagation`.",
    "schema": {"type": "string"},
}
_MEMBER = {
    "allOf": [{"$ref": f"#/components/schemas/{_SCHEMA}"}],
    "description": "Only of a write with `Prefer: wait=N`: how far the change came.",
}


def describe_waiting(app: FastAPI) -> None:
    """Adds it to the app's document."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        schemas = document["components"]["schemas"]
        if _SCHEMA not in schemas:
            schemas[_SCHEMA] = TypeAdapter(Propagation).json_schema() | {"description": _ABOUT}
            for operation, answer in _writes(document):
                _describe(operation, answer, schemas)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend its document


_ABOUT = (
    "How far a write came: of `edges` that were live, `confirmed` serve it, `laggards` (a hundred are named) have not "
    "said so. `milliseconds` since the request came."
)


def _writes(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each write, and its answer of success."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method.upper() in WRITES:
                for status, answer in operation["responses"].items():
                    if status.startswith("2"):
                        yield operation, answer


def _describe(operation: dict[str, Any], answer: dict[str, Any], schemas: dict[str, Any]) -> None:
    content = answer.get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    properties = schemas.get(name, {}).get("properties", {})
    if "environment_versions" in properties:
        properties["propagation"] = _MEMBER
        operation.setdefault("parameters", []).append(_PREFER)
        answer["headers"] = {"Preference-Applied": _APPLIED}
