"""What exports may reach, and what seals their credentials, as settings say it."""

from __future__ import annotations

from pathlib import Path

from service_kit.outbound import OutboundGuard
from service_kit.settings import wrong_settings

from analytics.exports.destinations.policy import DestinationPolicy
from analytics.exports.seal import Sealer
from analytics.settings import DestinationSettings


def destination_policy(settings: DestinationSettings) -> DestinationPolicy:
    return DestinationPolicy(
        folder_root=Path(settings.export_folder_root) if settings.export_folder_root else None,
        object_store_hosts=settings.object_store_hosts,
        guard=OutboundGuard(settings.outbound_allow),
    )


def sealer(settings: DestinationSettings) -> Sealer:
    try:
        return Sealer(settings.export_secret.get_secret_value())
    except ValueError as error:
        raise wrong_settings(f"FF_EXPORT_SECRET: {error}") from None
