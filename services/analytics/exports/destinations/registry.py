"""From a stored destination to the thing that delivers there, within what the operator allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analytics.exports.destinations.hosts import HostRule
from analytics.exports.destinations.parquet import ParquetSink
from analytics.exports.destinations.port import Sink
from analytics.exports.destinations.snowflake import SnowflakeSink
from analytics.exports.destinations.stores import BucketStore, FolderStore
from analytics.exports.errors import DestinationRefused
from analytics.exports.models import Destination, FolderDestination, ObjectStoreDestination

_SNOWFLAKE_HOSTS = (
    "*.snowflakecomputing.com",
    "*.*.snowflakecomputing.com",
    "*.*.*.snowflakecomputing.com",
    "*.snowflakecomputing.cn",
    "*.*.snowflakecomputing.cn",
)


@dataclass(frozen=True, slots=True)
class DestinationPolicy:
    """`folder_root` None: no folders. `object_store_hosts`: patterns of hosts. `private_hosts_allowed`: hosts inside,
    also for Snowflake, whose address is then free."""

    folder_root: Path | None
    object_store_hosts: Sequence[str]
    private_hosts_allowed: bool = False
    object_stores: HostRule = field(init=False)
    snowflake: HostRule = field(init=False)

    def __post_init__(self) -> None:
        stores = HostRule(self.object_store_hosts, self.private_hosts_allowed)
        patterns = [*_SNOWFLAKE_HOSTS, *(self.object_store_hosts if self.private_hosts_allowed else ())]
        object.__setattr__(self, "object_stores", stores)
        object.__setattr__(self, "snowflake", HostRule(patterns, self.private_hosts_allowed))


def open_sink(
    policy: DestinationPolicy, organization_id: str, destination: Destination, credentials: dict[str, str]
) -> Sink:
    """Raises DestinationError. A folder is always one of the organization's own."""
    if isinstance(destination, FolderDestination):
        if policy.folder_root is None:
            raise DestinationRefused("no_folder_root", "this server exports to no folders (FF_EXPORT_FOLDER_ROOT)")
        own = policy.folder_root / organization_id
        return ParquetSink(FolderStore(own / destination.path, own))
    if isinstance(destination, ObjectStoreDestination):
        return ParquetSink(BucketStore(destination, credentials, policy.object_stores))
    return SnowflakeSink(destination, credentials, policy.snowflake)
