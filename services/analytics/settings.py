"""The settings of the analytics service, each an environment variable that begins with `FF_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from service_kit.actor_limits import ActorRates
from service_kit.addresses import AllowedHosts
from service_kit.cors import Origins
from service_kit.setting_values import Between, Checks, Secret
from service_kit.settings import LongSecret
from service_kit.store_settings import BusSettings, OptionalFile, RedisSettings
from service_kit.tls import TlsFiles, TlsFileUnusable


def _absolute(value: str) -> str:
    if value and not Path(value).is_absolute():
        raise ValueError("must be an absolute path")
    return value


class StoreSettings(BusSettings):
    """What every command needs: the bus and ClickHouse."""

    port: Annotated[int, Between(ge=0, le=65535)] = 8083
    nats_replicas: Annotated[int, Between(ge=1, le=5)] = 1
    acts_max_bytes: Annotated[int, Between(ge=1024 * 1024)] = 64 * 1024 * 1024
    clickhouse_url: str = "http://127.0.0.1:8123"
    clickhouse_database: str = "verdict"
    clickhouse_password: Secret = Secret("")
    clickhouse_ca_file: OptionalFile = None
    clickhouse_cluster: str = ""
    clickhouse_shards: Annotated[int, Between(ge=1, le=1000)] = 1
    clickhouse_retention_days: Annotated[int, Between(ge=0, le=36_500)] = 0
    clickhouse_query_seconds_max: Annotated[int, Between(ge=1, le=3600)] = 60
    clickhouse_query_memory_bytes_max: Annotated[int, Between(ge=64 * 1024**2)] = 4 * 1024**3

    def check(self) -> None:
        super().check()
        if self.clickhouse_ca_file is None:
            return
        if not self.clickhouse_url.startswith("https:"):
            raise ValueError("FF_CLICKHOUSE_URL must begin with https:// where FF_CLICKHOUSE_CA_FILE is given")
        try:
            TlsFiles(ca_file=self.clickhouse_ca_file).context()
        except TlsFileUnusable as error:
            raise ValueError(f"FF_CLICKHOUSE_CA_FILE: {error}") from None


class DestinationSettings(StoreSettings):
    """What exports may reach, and the secret that their credentials are encrypted with.

    `export_secret`: 32 bytes or more; several with commas: the first encrypts, all decrypt. `export_folder_root`: the
    folder that exports to folders stay in; empty: none are made. `export_object_store_hosts`: with commas, `*` stands
    for one label.
    """

    export_secret: Secret = Secret("")
    export_folder_root: Annotated[str, Checks(_absolute)] = ""
    export_object_store_hosts: str = (
        "s3.*.amazonaws.com,storage.googleapis.com,*.r2.cloudflarestorage.com,*.digitaloceanspaces.com"
    )
    outbound_allow: AllowedHosts = ()

    @property
    def object_store_hosts(self) -> tuple[str, ...]:
        """The patterns of `FF_EXPORT_OBJECT_STORE_HOSTS`."""
        return tuple(each.strip() for each in self.export_object_store_hosts.split(",") if each.strip())


class ExportSettings(DestinationSettings):
    """`analytics export`; its port serves health and metrics.

    `export_lag_seconds`: rows younger than this wait for the next run; longer than an insert can take.
    `export_lease_seconds`: a worker that is silent for so long loses its run to another one.
    """

    port: Annotated[int, Between(ge=0, le=65535)] = 8085
    export_lag_seconds: Annotated[float, Between(ge=0, le=86_400)] = 120.0
    export_batch_rows: Annotated[int, Between(ge=1, le=1_000_000)] = 50_000
    export_batch_bytes: Annotated[int, Between(ge=1024, le=1024**3)] = 64 * 1024 * 1024
    export_lease_seconds: Annotated[float, Between(ge=1, le=3600)] = 30.0
    export_poll_seconds: Annotated[float, Between(gt=0, le=60)] = 2.0
    export_runs_at_once: Annotated[int, Between(ge=1, le=32)] = 2


class LoadSettings(StoreSettings):
    """`analytics load`; its port serves health and metrics. A batch is closed by rows, bytes or seconds."""

    port: Annotated[int, Between(ge=0, le=65535)] = 8084
    loader_rows_max: Annotated[int, Between(ge=1, le=1_000_000)] = 50_000
    loader_bytes_max: Annotated[int, Between(ge=1024)] = 32 * 1024 * 1024
    loader_seconds_max: Annotated[float, Between(gt=0, le=60)] = 1.0
    loader_ack_wait_seconds: Annotated[float, Between(ge=1, le=3600)] = 15.0
    dead_letters_max_bytes: Annotated[int, Between(ge=1024 * 1024)] = 1024**3
    dead_letters_max_age_seconds: Annotated[float, Between(ge=600)] = 2_592_000.0


class MonitorSettings(StoreSettings):
    """`analytics monitor`; its port serves health and metrics.

    `monitor_lag_seconds`: an event may be seen so much later than it was received. `monitor_term_seconds`: a monitor
    that is silent for so long is followed by another one. `monitor_silence_seconds`: where a guard doesn't say after
    how much silence there is no data.
    """

    port: Annotated[int, Between(ge=0, le=65535)] = 8086
    monitor_look_seconds: Annotated[float, Between(ge=0.5, le=600)] = 5.0
    monitor_lag_seconds: Annotated[float, Between(ge=0, le=3600)] = 5.0
    monitor_term_seconds: Annotated[float, Between(ge=1, le=600)] = 10.0
    monitor_silence_seconds: Annotated[int, Between(ge=10, le=604_800)] = 300
    monitor_looks_at_once: Annotated[int, Between(ge=1, le=64)] = 4
    verdicts_max_bytes: Annotated[int, Between(ge=1024 * 1024)] = 128 * 1024 * 1024
    verdicts_max_age_seconds: Annotated[float, Between(ge=3600)] = 604_800.0


class ServeSettings(DestinationSettings, RedisSettings):
    """`analytics serve`. A snapshot of each running experiment is stored per interval; 0 takes none. Results of large
    experiments are brought forward every `analytics_forward_seconds`; 0: only those with a sheet, when somebody asks.

    `analytics_impact`: whether it answers previews, by a process beside it; from the units of so many days.
    `auth_jwt_secret`: the control plane's, where it signs access tokens with a secret (`FF_AUTH_KEYS=secret`).
    `pii_secret` is the ingestor's: with it a person's rows are found where user keys are stored as stand-ins.
    """

    auth_jwt_secret: LongSecret | None = None
    pii_secret: Secret = Secret("")
    analytics_cors_origins: Origins = ()
    analytics_snapshot_seconds: Annotated[int, Between(ge=0, le=604_800)] = 3600
    analytics_forward_seconds: Annotated[int, Between(ge=0, le=86_400)] = 30
    analytics_requests_per_address_per_second: Annotated[int, Between(ge=1)] = 2000
    analytics_reads_per_actor_per_second: Annotated[int, Between(ge=1)] = 1000
    analytics_writes_per_actor_per_second: Annotated[int, Between(ge=1)] = 500
    analytics_heavy_requests_at_once: Annotated[int, Between(ge=1, le=1000)] = 6
    analytics_heavy_requests_per_organization: Annotated[int, Between(ge=1, le=1000)] = 2
    analytics_heavy_requests_per_person: Annotated[int, Between(ge=1, le=1000)] = 2
    analytics_heavy_requests_waiting: Annotated[int, Between(ge=0, le=1000)] = 8
    analytics_heavy_requests_waiting_seconds: Annotated[float, Between(gt=0, le=60)] = 10.0
    analytics_impact: bool = True
    analytics_impact_days: Annotated[int, Between(ge=1, le=366)] = 7
    analytics_impact_units_max: Annotated[int, Between(ge=100, le=20_000)] = 20_000
    analytics_unit_file_units_max: Annotated[int, Between(ge=1, le=1_000_000_000)] = 1_000_000
    analytics_unit_file_bytes_max: Annotated[int, Between(ge=1024, le=1024**4)] = 256 * 1024 * 1024

    @property
    def actor_rates(self) -> ActorRates:
        """How much people and programs may ask."""
        return ActorRates(
            per_address=self.analytics_requests_per_address_per_second,
            reads=self.analytics_reads_per_actor_per_second,
            writes=self.analytics_writes_per_actor_per_second,
        )
