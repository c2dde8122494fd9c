"""The shop's flags as rows: what each is, and how it is set in production and staging."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Serve = dict[str, Any]
ON, OFF = "on", "off"


@dataclass(frozen=True, kw_only=True)
class FlagRow:
    """`production` and `staging`: settings; without any the flag is off there. `ends_in_days`: of its expected end."""

    key: str
    name: str
    about: str
    owner: str
    tags: tuple[str, ...] = ()
    kind: str = "boolean"
    variations: tuple[tuple[str, Any], ...] = ((ON, True), (OFF, False))
    off: str = OFF
    purpose: str = "release"
    ends_in_days: int | None = None
    client: bool = False
    archived: bool = False
    production: dict[str, Any] = field(default_factory=dict)
    staging: dict[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """As the flag is created."""
        end = datetime.now(UTC).date() + timedelta(days=self.ends_in_days) if self.ends_in_days is not None else None
        return {
            "key": self.key,
            "name": self.name,
            "description": self.about,
            "tags": list(self.tags),
            "type": self.kind,
            "variations": [{"key": key, "value": value} for key, value in self.variations],
            "off_variation": self.off,
            "default": {"variation": self.off},
            "client_visible": self.client,
            "purpose": self.purpose,
            **({"expected_end": end.isoformat()} if end else {}),
        }


def split(**shares: float) -> Serve:
    """In percent, by variation."""
    return {"rollout": {"variations": [{"key": key, "weight": share} for key, share in shares.items()]}}


def on(serve: Serve | str = ON, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Switched on, with rules before what all others get."""
    default = {"variation": serve} if isinstance(serve, str) else serve
    return {"enabled": True, "default": default, "rules": list(rules), **more}


def where(condition: dict[str, Any], serve: Serve | str = ON, about: str = "") -> dict[str, Any]:
    then = {"variation": serve} if isinstance(serve, str) else serve
    return {"if": condition, "then": then, **({"description": about} if about else {})}


def segment(key: str) -> dict[str, Any]:
    return {"segment": key}


def attribute(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"attribute": name, "operator": operator, "value": value}
