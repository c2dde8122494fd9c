"""What the request that is being answered has written: for who answers it, not for who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Written:
    """The config versions that environments were given, and whose they are. Of a write that was rolled back it tells
    nothing true; such a request isn't answered with success."""

    versions: dict[UUID, int] = field(default_factory=dict)
    organizations: set[UUID] = field(default_factory=set)


_current: ContextVar[Written | None] = ContextVar("written", default=None)


@contextmanager
def collected() -> Iterator[Written]:
    """What is written in the block, also by the tasks that it starts."""
    written = Written()
    token = _current.set(written)
    try:
        yield written
    finally:
        _current.reset(token)


def forget_written() -> None:
    """Nothing was, after all."""
    written = _current.get()
    if written is not None:
        written.versions.clear()
        written.organizations.clear()


def note_written(organization_id: UUID, versions: Mapping[UUID, int]) -> None:
    written = _current.get()
    if written is not None:
        written.versions.update(versions)
        written.organizations.add(organization_id)
