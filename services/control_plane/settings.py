"""The control plane's settings, read by `main.py` alone."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from service_kit.actor_limits import ActorRates
from service_kit.addresses import AllowedHosts
from service_kit.cors import Origins
from service_kit.mail import SmtpServer
from service_kit.sealing import SealingKeys
from service_kit.setting_values import Between, Checks, Secret
from service_kit.settings import LongSecret, Workers
from service_kit.store_settings import BusSettings, RedisSettings

from control_plane.quotas import NO_LIMITS, LimitsSetting


def _database_address(value: Secret) -> Secret:
    """Here, because the driver's own words about an address may hold a part of the password."""
    try:
        address = urlsplit(value.get_secret_value())
        readable = address.scheme in ("postgresql", "postgres") and (address.port or 1) > 0
    except ValueError:
        readable = False
    if not readable:
        raise ValueError("must be postgresql://user:password@host:port/database, special characters as %XX")
    return value


def _mail_server(value: Secret) -> Secret:
    if value.get_secret_value():
        SmtpServer.at(value.get_secret_value())
    return value


def _base_address(value: str) -> str:
    address = urlsplit(value)
    if value and (address.scheme not in ("http", "https") or not address.hostname or address.query):
        raise ValueError("must be an address like https://verdict.example.com")
    return value.rstrip("/")


class Settings(BusSettings, RedisSettings):
    """The settings of every command.

    `database_pool_size`: connections for requests, of all workers; a relay has up to seven more, its status one.
    `request_seconds`: how long the database may keep a request waiting, all its statements together; then it is 503.
    `propagation_waits_max`: requests that wait for edges at once, a quarter of them of one organization; 0: none waits.
    `relay_check_seconds`: how often the relay compares the stream with what it wrote; `relay_compare_seconds`: how
    often it compiles each environment whole, to compare with what has followed the changes.
    `events_age_days_max`: as of the ingestors; an experiment begins no earlier.
    `sealing_keys`: what secrets are sealed with at rest, with commas between them; the first one seals, each of them
    opens; empty: a key that is made from `auth_jwt_secret`.
    `smtp_url`: where mail is handed in, `smtp://user:password@host:port` or `smtps://…`; empty: one-time links are
    shown to administrators. `public_url`: where people reach the control plane; links in mail begin with it.
    `auth_keys`: access tokens are signed with keys of which the public part is published, a new one every
    `auth_key_days`, or with `auth_jwt_secret`, which analytics and the ingestor have then too.
    `auth_token_minutes`: of an access token. A session lasts `auth_session_idle_hours` without use,
    `auth_session_days` with it.
    `segment_upload_bytes_max`: of a file with the keys of a segment's long list.
    `ui`: whether the pages of the admin UI are served, from the build in `ui_folder`; empty: where it belongs in an
    installed package or a source tree. `hsts_seconds`: how long browsers shall come to them by TLS alone; 0: not said.
    `outbound_allow`: hosts, addresses and networks inside that people may name, as of a webhook.
    """

    port: Annotated[int, Between(ge=0, le=65535)] = 8080
    control_plane_workers: Workers = 1
    database_url: Annotated[Secret, Checks(_database_address)]
    database_pool_size: Annotated[int, Between(ge=2, le=200)] = 10
    request_seconds: Annotated[float, Between(ge=1, le=600)] = 8.0
    nats_replicas: Annotated[int, Between(ge=1, le=5)] = 1
    config_max_bytes: Annotated[int, Between(ge=1024 * 1024)] = 1024 * 1024 * 1024
    config_reserve_percent: Annotated[float, Between(ge=1, le=50)] = 5
    quotas: LimitsSetting = NO_LIMITS
    propagation_waits_max: Annotated[int, Between(ge=0, le=100_000)] = 500
    events_age_days_max: Annotated[int, Between(ge=1, le=36_500)] = 730
    acts_max_bytes: Annotated[int, Between(ge=1024 * 1024)] = 64 * 1024 * 1024
    auth_jwt_secret: LongSecret
    auth_keys: Literal["published", "secret"] = "published"
    auth_key_days: Annotated[int, Between(ge=1, le=3650)] = 90
    auth_token_minutes: Annotated[int, Between(ge=1, le=60 * 24 * 30)] = 15
    auth_session_idle_hours: Annotated[float, Between(gt=0, le=24 * 365)] = 24.0
    auth_session_days: Annotated[float, Between(gt=0, le=365)] = 30.0
    sealing_keys: SealingKeys = Secret("")
    control_plane_requests_per_address_per_second: Annotated[int, Between(ge=1)] = 2000
    control_plane_reads_per_actor_per_second: Annotated[int, Between(ge=1)] = 1000
    control_plane_writes_per_actor_per_second: Annotated[int, Between(ge=1)] = 500
    admin_email: str = ""
    admin_password: Secret = Secret("")
    smtp_url: Annotated[Secret, Checks(_mail_server)] = Secret("")
    mail_from: str = ""
    public_url: Annotated[str, Checks(_base_address)] = ""
    relay_enabled: bool = True
    relay_check_seconds: Annotated[float, Between(ge=0.5, le=60)] = 3.0
    relay_compare_seconds: Annotated[float, Between(ge=5, le=86_400)] = 600.0
    migrate_on_start: bool = True
    outbound_allow: AllowedHosts = ()
    webhook_attempts_at_once: Annotated[int, Between(ge=2, le=1000)] = 64
    webhook_days_kept: Annotated[int, Between(ge=1, le=365)] = 14
    overrides_per_flag_max: Annotated[int, Between(ge=1, le=500)] = 200
    overrides_per_unit_max: Annotated[int, Between(ge=1, le=10_000)] = 100
    segment_upload_bytes_max: Annotated[int, Between(ge=1024, le=1024 * 1024 * 1024)] = 64 * 1024 * 1024
    override_days_max: Annotated[int, Between(ge=1, le=3650)] = 90
    rollouts_max: Annotated[int, Between(ge=1, le=100_000)] = 500
    schedule_enabled: bool = True
    cors_origins: Origins = ()
    ui: bool = True
    ui_folder: str = ""
    hsts_seconds: Annotated[int, Between(ge=0, le=63_072_000)] = 0
    body_limit_bytes: Annotated[int, Between(ge=1024, le=64 * 1024 * 1024)] = 2 * 1024 * 1024

    @property
    def actor_rates(self) -> ActorRates:
        """How much people and programs may ask."""
        return ActorRates(
            per_address=self.control_plane_requests_per_address_per_second,
            reads=self.control_plane_reads_per_actor_per_second,
            writes=self.control_plane_writes_per_actor_per_second,
        )

    def check(self) -> None:
        super().check()
        if bool(self.admin_email) != bool(self.admin_password.get_secret_value()):
            raise ValueError("give both FF_ADMIN_EMAIL and FF_ADMIN_PASSWORD, or neither")
        if self.smtp_url.get_secret_value() and not (self.mail_from and self.public_url):
            raise ValueError("FF_SMTP_URL needs FF_MAIL_FROM and FF_PUBLIC_URL")
