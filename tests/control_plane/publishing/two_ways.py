"""An environment compiled in two ways: by what was written, and whole; published in the first."""

from __future__ import annotations

from uuid import UUID

from control_plane.database import Database
from control_plane.publishing.compiler import Compiler
from control_plane.publishing.publisher import Publisher
from control_plane.publishing.stream_contents import read_contents
from messages.staging import ConfigStaging, Update
from messages.subjects import CONFIG, config_filter, config_stream
from service_kit.clock import ManualClock
from streams.memory import MemoryBus


class TwoWays:
    """All environments of a database. `whole` counts how often what was written could not be told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._compiler = Compiler(database)
        self._bus = MemoryBus()
        self._publisher = Publisher(bus=self._bus, clock=ManualClock(), epoch=1)
        self._known: dict[UUID, int] = {}
        self.compared = self.whole = 0

    async def begin(self) -> None:
        await self._bus.ensure_stream(config_stream())
        await self._publisher.take_over([])

    async def compare(self) -> None:
        """Every environment: the same entries, the same complaints, and a digest that fits all that was published."""
        async with self._database.connection() as connection:
            rows = await connection.fetch("SELECT id, version FROM environments ORDER BY id")
        for row in rows:
            if self._known.get(row["id"]) != row["version"]:
                await self._compare(row["id"])
                self._known[row["id"]] = row["version"]

    async def _compare(self, environment_id: UUID) -> None:
        followed = self._compiler.knows(environment_id)
        by_changes = await self._compiler.compile(environment_id)
        whole = await Compiler(self._database).compile(environment_id)
        assert by_changes is not None
        assert whole is not None
        assert by_changes.invalid == whole.invalid
        assert by_changes.entries == whole.entries
        assert by_changes.version == whole.version
        self.compared += 1
        self.whole += followed and not by_changes.after and bool(whole.entries)
        await self._publisher.publish(by_changes)
        await self._served(environment_id, dict(whole.entries))

    async def _served(self, environment_id: UUID, contents: dict[str, bytes]) -> None:
        identity, staging = str(environment_id), ConfigStaging()
        answers = [
            staging.accept(each.subject, each.payload)
            for each in await self._bus.read_all(CONFIG, config_filter(identity))
        ]
        # The digest is of all entries here, and was carried on from version to version there.
        assert isinstance(answers[-1], Update)
        streamed = (await read_contents(self._bus, identity)).environment(identity)
        assert {subject: each.content for subject, each in streamed.live.items()} == contents
