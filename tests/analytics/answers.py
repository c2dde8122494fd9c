"""Reading an answer by its description: every field there, none that the description doesn't have."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter

T = TypeVar("T")


def read(described: type[T], content: bytes) -> T:
    """Fails when the content, as JSON, is not what the description writes."""
    found = TypeAdapter(described).validate_json(content)
    assert msgspec.json.decode(msgspec.json.encode(found)) == msgspec.json.decode(content)
    return found


def written(document: object) -> Any:
    """A document as a client sees it; it reads back as the same."""
    content = msgspec.json.encode(document)
    read(type(document), content)
    return msgspec.json.decode(content)
