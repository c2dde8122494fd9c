"""Names of the shop, and what is known of it once it is there."""

from __future__ import annotations

from dataclasses import dataclass, field

ORGANIZATION = "nordwind"
STORE, MOBILE, SEARCH = "online-store", "mobile-app", "search-service"
PROJECTS = {
    STORE: ("Online store", "Everything that customers see in a browser: pages, basket and checkout."),
    MOBILE: ("Mobile app", "The app for Android and iOS."),
    SEARCH: ("Search service", "Ranking and suggestions, used by the store and the app."),
}
PRODUCTION, STAGING = "production", "staging"


@dataclass(frozen=True)
class Shop:
    """`keys`: of production, by project, the server key and the client key. `password`: of everybody on the team."""

    organization: str
    password: str
    people: dict[str, str]
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
