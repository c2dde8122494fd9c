"""Exports to Parquet files in a folder of the server."""

from __future__ import annotations

import errno
import os
import pathlib
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Annotated, ClassVar, Literal

import msgspec
from pydantic import Field
from service_kit.problems import FieldError
from service_kit.schemas import Input

from analytics.exports.destinations.forms import Path
from analytics.exports.destinations.parquet import ParquetSink
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.store_errors import file_error
from analytics.exports.errors import DestinationRefused

_STAYS = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT})


class FolderAddress(Input):
    """Parquet files in a folder of the server, below `FF_EXPORT_FOLDER_ROOT` and the organization's id."""

    type: Literal["folder"]
    path: Annotated[Path, Field(description="Relative; each part begins with a letter, a digit or `_`")]


class FolderDestination(msgspec.Struct, frozen=True, tag="folder"):
    """Parquet below the operator's root folder; `path` is relative to the organization's folder in it."""

    path: str
    one_per_organization: ClassVar[bool] = True

    def refusal(self, policy: DestinationPolicy) -> FieldError | None:
        if policy.folder_root is None:
            return FieldError("destination.type", "not_allowed", "this server exports to no folders")
        return None

    def credentials_problem(self, given: Collection[str]) -> str | None:
        return "a folder takes none" if given else None

    def sink(self, policy: DestinationPolicy, organization_id: str, credentials: dict[str, str]) -> ParquetSink:
        """A folder is always one of the organization's own."""
        del credentials
        if policy.folder_root is None:
            raise DestinationRefused("no_folder_root", "this server exports to no folders (FF_EXPORT_FOLDER_ROOT)")
        own = policy.folder_root / organization_id
        return ParquetSink(FolderStore(own / self.path, own))


class FolderStore:
    """Files below `root`; a file is written beside its place, brought to disk, and renamed."""

    def __init__(self, root: pathlib.Path, allowed_root: pathlib.Path) -> None:
        if not root.resolve().is_relative_to(allowed_root.resolve()):
            raise DestinationRefused("outside_root", "the folder leads out of the folder for exports")
        self._root = root

    def put(self, path: str, data: bytes, still_mine: Callable[[], None]) -> None:
        target = self._root / path
        waiting = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with waiting.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            still_mine()
            waiting.rename(target)
            _sync(target.parent)
        except OSError as error:
            raise file_error(error) from None
        finally:
            with suppress(OSError):
                waiting.unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        try:
            found = [each for each in (self._root / folder).rglob("*") if each.is_file()]
        except OSError as error:
            raise file_error(error) from None
        return sorted(each.relative_to(self._root).as_posix() for each in found)

    def remove(self, path: str) -> None:
        try:
            (self._root / path).unlink(missing_ok=True)
            for parent in (self._root / path).parents:
                if parent == self._root:
                    break
                parent.rmdir()
        except OSError as error:
            # A folder that still has files stays.
            if error.errno not in _STAYS:
                raise file_error(error) from None


def _sync(folder: pathlib.Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
