"""Exports to Parquet files in a bucket that speaks S3."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

import msgspec
from pyarrow import fs
from pydantic import Field, StringConstraints
from service_kit.problems import FieldError
from service_kit.schemas import Input

from analytics.exports.destinations.forms import Endpoint, Path, Secret
from analytics.exports.destinations.hosts import HostRule
from analytics.exports.destinations.parquet import ParquetSink
from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.destinations.store_errors import store_error

_CONNECT_SECONDS, _REQUEST_SECONDS = 5, 30
_KEYS = frozenset({"access_key_id", "secret_access_key"})


class ObjectStoreAddress(Input):
    """Parquet files in a bucket that speaks S3."""

    type: Literal["object_store"]
    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Path | Literal[""] = ""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")] = "us-east-1"
    endpoint: Annotated[Endpoint, Field(description="Empty: Amazon S3 in `region`")] = ""


class ObjectStoreCredentials(Input):
    access_key_id: Annotated[Secret | None, Field(description="Of an object store")] = None
    secret_access_key: Annotated[Secret | None, Field(description="Of an object store")] = None
    session_token: Annotated[Secret | None, Field(description="Of an object store, if there is one")] = None


class ObjectStoreDestination(msgspec.Struct, frozen=True, tag="object_store"):
    """Parquet in a bucket that speaks S3. `endpoint` empty: Amazon's, of `region`."""

    bucket: str
    prefix: str = ""
    region: str = "us-east-1"
    endpoint: str = ""
    one_per_organization: ClassVar[bool] = True

    def refusal(self, policy: DestinationPolicy) -> FieldError | None:
        return policy.object_stores().refusal(self.endpoint)

    def credentials_problem(self, given: Collection[str]) -> str | None:
        if _KEYS <= set(given) <= _KEYS | {"session_token"}:
            return None
        return "an object store takes access_key_id and secret_access_key, and session_token if there is one"

    def sink(self, policy: DestinationPolicy, organization_id: str, credentials: dict[str, str]) -> ParquetSink:
        del organization_id
        return ParquetSink(BucketStore(self, credentials, policy.object_stores()))


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
