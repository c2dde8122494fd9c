"""The quotas: the closed list of what is limited, what of, and how much unless somebody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any

from service_kit.setting_values import Reads

_MIB = 1024 * 1024


class Holder(StrEnum):
    """What a quota is counted in."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    ENVIRONMENT = "environment"


class Quota(StrEnum):
    """What is limited. Those that end in `_bytes` are sizes as stored; others are numbers of rows."""

    PROJECTS = "projects"
    MEMBERS = "members"
    TOKENS = "tokens"
    ROLES = "roles"
    BINDINGS = "bindings"
    GROUPS = "groups"
    WEBHOOKS = "webhooks"
    IDENTITY_PROVIDERS = "identity_providers"
    EMAIL_DOMAINS = "email_domains"
    PROVISIONING_TOKENS = "provisioning_tokens"
    DIRECTORY_USERS = "directory_users"
    DIRECTORY_GROUPS = "directory_groups"
    ORGANIZATION_BYTES = "organization_bytes"
    ENVIRONMENTS = "environments"
    FLAGS = "flags"
    CONFIGS = "configs"
    SEGMENTS = "segments"
    METRICS = "metrics"
    EXPERIMENTS = "experiments"
    LAYERS = "layers"
    HOLDOUTS = "holdouts"
    CHANGE_REQUESTS = "change_requests"
    ENVIRONMENT_BYTES = "environment_bytes"
    SDK_KEYS = "sdk_keys"


@dataclass(frozen=True, slots=True)
class Terms:
    """In what a quota is counted, its limit by default, and the highest that anybody may set."""

    holder: Holder
    default: int
    highest: int


# Members and SDK keys of an environment travel in one message, which the highest numbers still fit.
TERMS: Mapping[Quota, Terms] = {
    Quota.PROJECTS: Terms(Holder.ORGANIZATION, 1_000, 100_000),
    Quota.MEMBERS: Terms(Holder.ORGANIZATION, 2_000, 10_000),
    Quota.TOKENS: Terms(Holder.ORGANIZATION, 100, 10_000),
    Quota.ROLES: Terms(Holder.ORGANIZATION, 100, 1_000),
    Quota.BINDINGS: Terms(Holder.ORGANIZATION, 5_000, 50_000),
    Quota.GROUPS: Terms(Holder.ORGANIZATION, 500, 10_000),
    Quota.WEBHOOKS: Terms(Holder.ORGANIZATION, 100, 1_000),
    Quota.IDENTITY_PROVIDERS: Terms(Holder.ORGANIZATION, 20, 1_000),
    Quota.EMAIL_DOMAINS: Terms(Holder.ORGANIZATION, 100, 1_000),
    Quota.PROVISIONING_TOKENS: Terms(Holder.ORGANIZATION, 20, 1_000),
    Quota.DIRECTORY_USERS: Terms(Holder.ORGANIZATION, 5_000, 20_000),
    Quota.DIRECTORY_GROUPS: Terms(Holder.ORGANIZATION, 1_000, 10_000),
    Quota.ORGANIZATION_BYTES: Terms(Holder.ORGANIZATION, 256 * _MIB, 2**50),
    Quota.ENVIRONMENTS: Terms(Holder.PROJECT, 50, 1_000),
    Quota.FLAGS: Terms(Holder.PROJECT, 50_000, 1_000_000),
    Quota.CONFIGS: Terms(Holder.PROJECT, 10_000, 1_000_000),
    Quota.SEGMENTS: Terms(Holder.PROJECT, 10_000, 1_000_000),
    Quota.METRICS: Terms(Holder.PROJECT, 5_000, 1_000_000),
    Quota.EXPERIMENTS: Terms(Holder.PROJECT, 10_000, 1_000_000),
    Quota.LAYERS: Terms(Holder.PROJECT, 1_000, 100_000),
    Quota.HOLDOUTS: Terms(Holder.PROJECT, 1_000, 100_000),
    Quota.CHANGE_REQUESTS: Terms(Holder.PROJECT, 1_000, 100_000),
    Quota.ENVIRONMENT_BYTES: Terms(Holder.ENVIRONMENT, 64 * _MIB, 2**50),
    Quota.SDK_KEYS: Terms(Holder.ENVIRONMENT, 50, 2_000),
}


def parse_limits(text: str) -> dict[Quota, int]:
    """Reads `flags=1000 members=50`, with spaces or commas between them. Raises ValueError with what is wrong."""
    limits: dict[Quota, int] = {}
    for part in text.replace(",", " ").split():
        name, _, number = part.partition("=")
        if name not in list(Quota):
            raise ValueError(f"{name!r} is no quota; they are {', '.join(Quota)}")
        quota = Quota(name)
        if quota in limits:
            raise ValueError(f"{name} stands there twice")
        if not (number.isascii() and number.isdigit()) or int(number[:20]) > TERMS[quota].highest:
            raise ValueError(f"{name} must be a whole number from 0 to {TERMS[quota].highest}")
        limits[quota] = int(number)
    return limits


def _limits(value: Any) -> Any:
    return parse_limits(value) if isinstance(value, str) else value


LimitsSetting = Annotated[Mapping[Quota, int], Reads(_limits)]
"""A setting: the limits that are not the default ones, as `flags=1000 members=50`."""
NO_LIMITS: Mapping[Quota, int] = MappingProxyType({})
