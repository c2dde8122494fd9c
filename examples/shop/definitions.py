"""What the shop's flags and experiments stand on: segments, metrics, layers, remote configs."""

from __future__ import annotations

from typing import Any

from .api import Api
from .names import MOBILE, PRODUCTION, STORE

Rows = tuple[dict[str, Any], ...]
WHOLESALE_KEYS = [f"wholesale-{number:05}" for number in range(1, 2001)]
_IS = "eq"

SEGMENTS: dict[str, Rows] = {
    STORE: (
        {
            "key": "employees",
            "name": "Employees",
            "description": "Everybody with a company address.",
            "if": {"attribute": "email", "operator": "ends_with", "value": "@nordwind.example"},
            "tags": ["internal"],
        },
        {
            "key": "beta-testers",
            "name": "Beta testers",
            "description": "Customers who asked to see things first, and all employees.",
            "included": ["customer-1042", "customer-2077", "customer-3308"],
            "excluded": ["customer-9001"],
            "if": {"or": [{"segment": "employees"}, {"attribute": "beta", "operator": _IS, "value": True}]},
            "tags": ["testing"],
        },
        {
            "key": "vip-customers",
            "name": "VIP customers",
            "description": "Gold tier, or more than 25 orders.",
            "if": {
                "or": [
                    {"attribute": "tier", "operator": _IS, "value": "gold"},
                    {"attribute": "orders", "operator": "gt", "value": 25},
                ]
            },
            "tags": ["loyalty"],
        },
        {
            "key": "nordics",
            "name": "Nordic countries",
            "if": {"attribute": "country", "operator": "in", "value": ["SE", "NO", "DK", "FI", "IS"]},
            "tags": ["market"],
        },
        {
            "key": "nordic-vips",
            "name": "Nordic VIP customers",
            "if": {"and": [{"segment": "nordics"}, {"segment": "vip-customers"}]},
            "tags": ["market", "loyalty"],
        },
        {
            "key": "wholesale",
            "name": "Wholesale accounts",
            "description": "Imported from the CRM every week.",
            "tags": ["b2b"],
        },
    ),
    MOBILE: (
        {
            "key": "current-version",
            "name": "App 4.2 and later",
            "if": {"attribute": "app_version", "operator": "semver_gte", "value": "4.2.0"},
        },
        {"key": "ios", "name": "iOS", "if": {"attribute": "device", "operator": _IS, "value": "ios"}},
    ),
}

METRICS: dict[str, Rows] = {
    STORE: (
        {
            "key": "orders",
            "name": "Orders",
            "description": "Visitors who place an order.",
            "aggregation": "conversion",
            "event": "order_placed",
            "tags": ["revenue"],
        },
        {
            "key": "revenue",
            "name": "Revenue per visitor",
            "description": "In euros, the largest one percent of the orders capped.",
            "aggregation": "sum",
            "event": "order_placed",
            "winsorize_at": 0.99,
            "tags": ["revenue"],
        },
        {
            "key": "add-to-basket",
            "name": "Added something to the basket",
            "aggregation": "conversion",
            "event": "basket_add",
            "tags": ["funnel"],
        },
        {
            "key": "page-load",
            "name": "Page load time",
            "description": "Milliseconds until the page can be used.",
            "aggregation": "mean",
            "event": "page_load",
            "direction": "lower_is_better",
            "tags": ["performance"],
        },
        {
            "key": "support-contacts",
            "name": "Contacted support",
            "aggregation": "conversion",
            "event": "support_contact",
            "direction": "lower_is_better",
            "tags": ["quality"],
        },
        {
            "key": "payment-errors",
            "name": "Failed payments",
            "aggregation": "conversion",
            "event": "payment_error",
            "direction": "lower_is_better",
            "tags": ["quality"],
        },
        {
            "key": "checkout-funnel",
            "name": "From basket to order",
            "aggregation": "funnel",
            "steps": ["basket_add", "order_placed"],
            "tags": ["funnel"],
        },
    ),
    MOBILE: (
        {"key": "sessions", "name": "Sessions", "aggregation": "count", "event": "session_start"},
        {"key": "days-active", "name": "Days with a session", "aggregation": "days", "event": "session_start"},
    ),
}

CONFIGS: dict[str, Rows] = {
    STORE: (
        {
            "key": "storefront",
            "name": "Storefront",
            "description": "Texts, limits and the look of the start page.",
            "tags": ["content"],
            "schema": {
                "type": "object",
                "required": ["hero", "free_shipping_from", "products_per_page"],
                "additionalProperties": False,
                "properties": {
                    "hero": {
                        "type": "object",
                        "title": "Hero",
                        "required": ["title", "theme"],
                        "properties": {
                            "title": {"type": "string", "title": "Title", "maxLength": 80},
                            "theme": {"enum": ["light", "dark", "winter"], "title": "Theme"},
                        },
                    },
                    "free_shipping_from": {"type": "number", "minimum": 0, "title": "Free shipping from (EUR)"},
                    "products_per_page": {
                        "type": "integer",
                        "minimum": 12,
                        "maximum": 96,
                        "title": "Products per page",
                    },
                    "show_stock": {"type": "boolean", "title": "Show what is left in stock"},
                },
            },
            "value": {
                "hero": {"title": "Ready for the north wind", "theme": "light"},
                "free_shipping_from": 79,
                "products_per_page": 24,
                "show_stock": False,
            },
        },
        {
            "key": "delivery-options",
            "name": "Delivery options",
            "tags": ["logistics"],
            "schema": {
                "type": "object",
                "properties": {
                    "carriers": {"type": "array", "items": {"enum": ["dhl", "postnord", "bring"]}},
                    "cutoff_hour": {"type": "integer", "minimum": 0, "maximum": 23},
                    "pickup": {"type": "boolean"},
                },
            },
            "value": {"carriers": ["dhl"], "cutoff_hour": 15, "pickup": False},
        },
    ),
    MOBILE: (
        {
            "key": "app-home",
            "name": "Home screen",
            "schema": {
                "type": "object",
                "properties": {"tiles": {"type": "array"}, "refresh_seconds": {"type": "integer"}},
            },
            "value": {"tiles": ["offers", "orders", "wishlist"], "refresh_seconds": 300},
        },
    ),
}
_OVERRIDES: dict[tuple[str, str], dict[str, Any]] = {
    (STORE, "storefront"): {
        "overrides": [
            {"segment": "nordic-vips", "value": {"hero": {"title": "Hej! Your gold corner"}, "free_shipping_from": 0}},
            {"segment": "vip-customers", "value": {"free_shipping_from": 0}},
            {
                "if": {"attribute": "device", "operator": "in", "value": ["android", "ios"]},
                "value": {"products_per_page": 12},
            },
        ]
    },
    (STORE, "delivery-options"): {
        "resolve": "merge",
        "overrides": [
            {"segment": "nordics", "value": {"carriers": ["postnord", "bring"], "pickup": True}},
            {"segment": "wholesale", "value": {"cutoff_hour": 12}},
        ],
    },
}


async def define(api: Api, project: str) -> None:
    """Everything of these kinds that the project has."""
    at = f"/projects/{project}"
    for noun, rows in (("segments", SEGMENTS), ("metrics", METRICS), ("configs", CONFIGS)):
        for each in rows.get(project, ()):
            await api.made(f"{at}/{noun}", each)
    if project != STORE:
        return
    added = {"included": {"add": WHOLESALE_KEYS}}
    await api.patched(f"{at}/segments/wholesale/long-list", added)
    await api.made(
        f"{at}/layers", {"key": "checkout", "name": "Checkout", "description": "One test in the checkout at a time."}
    )
    await api.made(
        f"{at}/holdouts",
        {"key": "no-loyalty", "name": "Without the loyalty programme", "share": 5, "description": "Until next summer."},
    )
    for (_, config), settings in _OVERRIDES.items():
        await api.changed(f"{at}/configs/{config}/environments/{PRODUCTION}", settings)
