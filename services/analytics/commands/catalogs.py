"""The catalog as the commands keep it: fed by the CONFIG stream."""

from __future__ import annotations

from functools import partial

from service_kit.background import Background
from streams import Bus

from analytics.catalog.feed import CHECK_SECONDS, CatalogFeed


def follow(background: Background, feed: CatalogFeed, bus: Bus) -> None:
    background.keep("catalog", partial(feed.follow, bus), essential=True)
    background.every("catalog-check", partial(feed.check, bus), seconds=CHECK_SECONDS, essential=True)
