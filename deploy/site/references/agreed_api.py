"""A service's OpenAPI document, read back from the lines that are agreed on (tests/contract/snapshots)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.site.errors import SiteError

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_PATH = re.compile(rf"^/paths/(/.*?)/({'|'.join(METHODS)})/(?=[A-Za-z-]+[/ ])")
_MEDIA = re.compile(r"(?<=/content/)([a-z]+)/([a-z+.-]+)(?=[/ ])")
_NAMED = {"responses", "properties", "schemas"}
"""What holds its members by name, though a name may be a number."""
_SLASH = "\0"

Schema = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    document: dict[str, Any]

    @property
    def tag(self) -> str:
        return str(self.document.get("tags", ["others"])[0])

    @property
    def anchor(self) -> str:
        return f"{self.method}-{re.sub(r'[^a-z0-9]+', '-', self.path.lower()).strip('-')}"


@dataclass(frozen=True)
class Api:
    title: str
    operations: list[Operation]
    schemas: dict[str, Schema]


def read_api(text: str, name: str) -> Api:
    """`name`: of the file, for the error. Raises `SiteError`."""
    tree: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        pointer, space, value = line.partition(" ")
        # A header's or a path's name may hold a space; a value begins like JSON.
        try:
            parts, leaf = list(_parts(pointer + space)), json.loads(value)
        except ValueError as error:
            raise SiteError(f"{name}, line {number}: {error}") from error
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = leaf
    document = _lists(tree, "")
    operations = [
        Operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return Api(document["info"]["title"], operations, document.get("components", {}).get("schemas", {}))


def _parts(pointer: str) -> Iterator[str]:
    path = _PATH.match(pointer)
    if path:
        pointer = f"/paths/{path[1].replace('/', _SLASH)}/{path[2]}/{pointer[path.end() :]}"
    pointer = _MEDIA.sub(rf"\1{_SLASH}\2", pointer)
    for part in pointer.rstrip(" ").split("/")[1:]:
        yield part.replace(_SLASH, "/")


def _lists(value: Any, key: str) -> Any:
    """Members that are called 0, 1, 2 … as a list."""
    if not isinstance(value, dict):
        return value
    whole = {name: _lists(each, name) for name, each in value.items()}
    if key not in _NAMED and list(whole) == [str(index) for index in range(len(whole))] and whole:
        return list(whole.values())
    return whole
