"""Makes the flags of all projects and sets them in their environments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .api import Api
from .flag_rows import OFF, FlagRow, attribute, on, segment, split, where
from .names import MOBILE, PRODUCTION, SEARCH, STAGING, STORE
from .people import Person
from .store_flags import STORE_FLAGS

_MOBILE_FLAGS = (
    FlagRow(
        key="biometric-login",
        name="Sign in by fingerprint",
        about="Where the device can do it.",
        owner="dmitri.volkov",
        tags=("account",),
        client=True,
        production=on(OFF, where(segment("current-version"), split(off=50, on=50), "half of the current versions")),
        staging=on(),
    ),
    FlagRow(
        key="offline-catalogue",
        name="Catalogue without a connection",
        about="Keeps the last seen products on the device.",
        owner="bert.okafor",
        tags=("catalogue",),
        client=True,
        production=on(OFF, where(segment("ios"))),
        staging=on(),
    ),
    FlagRow(
        key="push-reminders",
        name="Reminders of full baskets",
        about="A push message after a day.",
        owner="carla.mendes",
        tags=("marketing",),
        staging=on(),
    ),
    FlagRow(
        key="minimum-version",
        name="Oldest version that may order",
        about="Older apps are asked to update.",
        owner="farid.haddad",
        tags=("operations",),
        purpose="operational",
        kind="string",
        variations=(("v3", "3.8.0"), ("v4", "4.0.0")),
        off="v3",
        client=True,
        production=on("v4"),
        staging=on("v4"),
    ),
)
_SEARCH_FLAGS = (
    FlagRow(
        key="synonyms",
        name="Synonyms",
        about="Finds a jacket who looks for a coat.",
        owner="carla.mendes",
        tags=("ranking",),
        production=on(),
        staging=on(),
    ),
    FlagRow(
        key="spelling",
        name="Spelling suggestions",
        about="Did you mean …",
        owner="carla.mendes",
        tags=("suggestions",),
        production=on(split(off=75, on=25)),
        staging=on(),
    ),
    FlagRow(
        key="results-per-request",
        name="Results per request",
        about="More for the app on a tablet.",
        owner="dmitri.volkov",
        tags=("limits",),
        purpose="operational",
        kind="integer",
        variations=(("usual", 24), ("many", 96)),
        off="usual",
        production=on("usual", where(attribute("device", "eq", "tablet"), "many")),
        staging=on("many"),
    ),
)
FLAGS: Mapping[str, tuple[FlagRow, ...]] = {STORE: STORE_FLAGS, MOBILE: _MOBILE_FLAGS, SEARCH: _SEARCH_FLAGS}


async def make_flags(api: Api, project: str, people: Mapping[str, Person]) -> None:
    for each in FLAGS[project]:
        await _make(api, f"/projects/{project}/flags", each, people)


async def _make(api: Api, at: str, row: FlagRow, people: Mapping[str, Person]) -> None:
    flag = await api.made(at, row.document | {"owner": people[row.owner].email})
    if flag["archived"]:
        return
    if row.archived:
        await api.post(f"{at}/{row.key}/archive")
        return
    for environment, settings in ((PRODUCTION, row.production), (STAGING, row.staging)):
        if settings:
            await _set(api, f"{at}/{row.key}/environments/{environment}", settings)


async def _set(api: Api, path: str, settings: dict[str, Any]) -> None:
    """Once: what somebody has set since stays."""
    if (await api.get(path))["version"] == 1:
        await api.changed(path, settings)
