"""An environment of flags that are on or off."""

from __future__ import annotations

from streams import Bus

from tests.environment_writer import EnvironmentWriter, Messages, publish

ENVIRONMENT = "e1"


class Writer(EnvironmentWriter):
    """Each `write` is a version."""

    def __init__(self, environment_id: str = ENVIRONMENT) -> None:
        super().__init__(environment_id)

    def write(self, **flags: bool | None) -> Messages:
        """The messages of one version that sets each flag on, off or (None) deletes it."""
        self.version += 1
        messages = [
            self.gone("flag", key) if enabled is None else self.entity("flag", key, flag=b"on" if enabled else b"off")
            for key, enabled in flags.items()
        ]
        return [*messages, self.manifest()]

    async def publish(self, bus: Bus, **flags: bool | None) -> None:
        await publish(bus, self.write(**flags))
