"""Stores of files: a folder and a bucket. A file is there whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pyarrow import fs

from analytics.exports.destinations.hosts import HostRule
from analytics.exports.destinations.store_errors import file_error, store_error
from analytics.exports.errors import DestinationRefused
from analytics.exports.models import ObjectStoreDestination

_CONNECT_SECONDS, _REQUEST_SECONDS = 5, 30
_STAYS = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT})


class FileStore(Protocol):
    """Paths have slashes and are relative. Every call raises DestinationError."""

    def put(self, path: str, data: bytes, still_mine: Callable[[], None]) -> None:
        """Writes the whole file; `still_mine` is called right before it becomes visible."""

    def names(self, folder: str) -> list[str]:
        """The paths of all files below a folder; none if it is not there."""

    def remove(self, path: str) -> None:
        """Harmless when the file is not there."""


class FolderStore:
    """Files below `root`; a file is written beside its place, brought to disk, and renamed."""

    def __init__(self, root: Path, allowed_root: Path) -> None:
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


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class BucketStore:
    """Objects below a prefix of a bucket; an object is visible when its upload has ended."""

    def __init__(self, destination: ObjectStoreDestination, credentials: dict[str, str], rule: HostRule) -> None:
        self._secrets = [value for name, value in credentials.items() if name != "access_key_id"]
        endpoint = destination.endpoint or f"https://s3.{destination.region}.amazonaws.com"
        address = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        rule.check(address.hostname or "")
        self._root = "/".join(filter(None, (destination.bucket, destination.prefix.strip("/"))))
        self._files = fs.S3FileSystem(
            access_key=credentials.get("access_key_id", ""),
            secret_key=credentials.get("secret_access_key", ""),
            session_token=credentials.get("session_token") or None,
            region=destination.region,
            scheme=address.scheme,
            endpoint_override=address.netloc if destination.endpoint else None,
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_REQUEST_SECONDS,
            allow_bucket_creation=False,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
        )

    def put(self, path: str, data: bytes, still_mine: Callable[[], None]) -> None:
        try:
            still_mine()
            with self._files.open_output_stream(f"{self._root}/{path}") as stream:
                stream.write(data)
        except OSError as error:
            raise store_error(error, self._secrets) from None

    def names(self, folder: str) -> list[str]:
        try:
            selector = fs.FileSelector(f"{self._root}/{folder}", recursive=True, allow_not_found=True)
            found = self._files.get_file_info(selector)
        except OSError as error:
            raise store_error(error, self._secrets) from None
        return sorted(each.path.removeprefix(f"{self._root}/") for each in found if each.type == fs.FileType.File)

    def remove(self, path: str) -> None:
        try:
            self._files.delete_file(f"{self._root}/{path}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise store_error(error, self._secrets) from None
