"""The OpenAPI documents that the UI's types are made of: `python -m tests.contract.openapi_documents FOLDER`.

Only what answers a success: a refusal is the same problem document everywhere, and would be most of each file.
What has a default in an answer is always there, so it is required; in a request it may be left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.contract.apps import apps

_PROCESS_PATHS = {"/healthz", "/readyz", "/metrics"}
_REFERENCE = "#/components/schemas/"


def document(given: dict[str, Any]) -> dict[str, Any]:
    """What a client needs of a service's document."""
    paths = {
        path: {method: _operation(each) for method, each in methods.items()}
        for path, methods in given["paths"].items()
        if path not in _PROCESS_PATHS
    }
    schemas: dict[str, Any] = given.get("components", {}).get("schemas", {})
    asked = _reached(schemas, (_part(each, "requestBody") for each in _operations(paths)))
    answered = _reached(schemas, (_part(each, "responses") for each in _operations(paths)))
    named = _reached(schemas, (_part(each, "parameters") for each in _operations(paths)))
    kept = {
        name: _always_whole(schema) if name in answered - asked else schema
        for name, schema in schemas.items()
        if name in asked | answered | named
    }
    return {
        "openapi": given["openapi"],
        "info": {"title": given["info"]["title"], "version": ""},
        "paths": paths,
        "components": {"schemas": kept},
    }


def _operation(given: dict[str, Any]) -> dict[str, Any]:
    responses = {code: each for code, each in given["responses"].items() if code < "400"}
    kept = {key: given[key] for key in ("operationId", "parameters", "requestBody") if key in given}
    return kept | {"responses": responses}


def _operations(paths: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in paths.values():
        yield from methods.values()


def _part(operation: dict[str, Any], name: str) -> Any:
    return operation.get(name, {})


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if str(value.get("$ref", "")).startswith(_REFERENCE):
            yield value["$ref"].removeprefix(_REFERENCE)
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _reached(schemas: dict[str, Any], roots: Iterable[Any]) -> set[str]:
    reached: set[str] = set()
    waiting = [name for root in roots for name in _references(root)]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in schemas:
            reached.add(name)
            waiting.extend(_references(schemas[name]))
    return reached


def _always_whole(schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schema.get("properties", {})
    given = [name for name, each in properties.items() if "default" in each]
    required = list(dict.fromkeys([*schema.get("required", []), *given]))
    return schema | ({"required": required} if required else {})


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, app in apps().items():
        text = json.dumps(document(app.openapi()), indent=1, sort_keys=True)
        (folder / f"{name.replace(' ', '-')}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
