"""A publication as a span: it goes on in the trace of the request whose change it brings out."""

from __future__ import annotations

from uuid import UUID

from service_kit.traces import NO_SPAN, Entering, span, together, traced

from control_plane.database import Database
from control_plane.publishing.queries import traces_waiting


async def publication_span(database: Database, environment_id: UUID, version: int, begun_at: int) -> Entering:
    """Of all changes up to `version`, those of other traces linked; none where nothing was changed. `begun_at` is in
    milliseconds since the Unix epoch."""
    if not traced():
        return NO_SPAN
    async with database.connection() as connection:
        waiting = await traces_waiting(connection, environment_id, version)
    if not waiting:
        return NO_SPAN
    parent, links = together(waiting)
    return span(
        "config publish",
        kind="producer",
        parent=parent,
        links=links,
        attributes={"verdict.environment_id": str(environment_id), "verdict.version": version},
        begun_at=begun_at * 1_000_000,
    )
