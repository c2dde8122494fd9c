"""Whether an experiment can get an exposure at all: what is said at its start, and refuses nothing."""

from __future__ import annotations

from messages.sdk_keys import KeyKind

from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import WriteTransaction
from control_plane.environments.queries import published_sdk_keys
from control_plane.experiments.models import ExperimentRow
from control_plane.flags.queries import reach_of


async def obstacles(write: WriteTransaction, row: ExperimentRow) -> list[Warned]:
    """What stands between the experiment and its first exposure."""
    reach = await reach_of(write.tx, write.scope, row.flag, row.environment_id)
    kinds = {each["kind"] for each in await published_sdk_keys(write.tx, row.environment_id)}
    found: dict[str, str] = {}
    if reach is None or not reach.enabled:
        found["flag_off"] = f"the flag {row.flag!r} is off in {row.environment}: nobody takes part until it is on"
    if not kinds:
        found["no_sdk_key"] = f"no SDK key is in force in {row.environment}: nobody can ask for the flag"
    elif reach is not None and not reach.client_visible and kinds == {KeyKind.CLIENT}:
        found["flag_hidden"] = (
            f"the flag {row.flag!r} is hidden from client keys (client_visible), and {row.environment} has no others"
        )
    if reach is not None and not reach.report_exposures:
        found["exposures_not_reported"] = (
            f"edges don't report exposures of {row.flag!r} in {row.environment} (report_exposures): "
            "there are results only if the application sends them"
        )
    return [Warned(code=code, detail=detail) for code, detail in found.items()]
