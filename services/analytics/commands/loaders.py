"""How the loader goes about it, as settings say it."""

from __future__ import annotations

from messages.subjects import dead_letters_stream

from analytics.loading.batches import LoadLimits
from analytics.loading.loader import LoaderOptions
from analytics.settings import LoadSettings


def loader_options(settings: LoadSettings) -> LoaderOptions:
    return LoaderOptions(
        limits=LoadLimits(
            rows_max=settings.loader_rows_max,
            bytes_max=settings.loader_bytes_max,
            seconds_max=settings.loader_seconds_max,
        ),
        ack_wait_seconds=settings.loader_ack_wait_seconds,
        dead_letters=dead_letters_stream(
            max_bytes=settings.dead_letters_max_bytes,
            max_age_seconds=settings.dead_letters_max_age_seconds,
            replicas=settings.nats_replicas,
            given=settings.given(
                max_bytes="dead_letters_max_bytes",
                max_age_seconds="dead_letters_max_age_seconds",
                replicas="nats_replicas",
            ),
        ),
    )
