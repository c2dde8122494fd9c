"""Whether an experiment gets exposures that its analysis can use: what is said at its start, and refuses nothing."""

from __future__ import annotations

from messages.sdk_keys import KeyKind

from control_plane.configs.queries import find_config
from control_plane.entities.schemas import Warned
from control_plane.entities.transactions import WriteTransaction
from control_plane.environments.queries import EnvironmentRow, published_sdk_keys
from control_plane.experiments.attributes import attributes_of, is_listed
from control_plane.experiments.models import ExperimentRow
from control_plane.flags.queries import Reach, reach_of


async def obstacles(write: WriteTransaction, row: ExperimentRow, environment: EnvironmentRow) -> list[Warned]:
    """What stands between the experiment and its first exposure."""
    reach = await reach_of(write.tx, write.scope, row.flag, row.environment_id)
    config = None if reach is not None else await find_config(write.tx, write.scope, row.flag)
    if config is not None:
        # It is always on, and always reported while an experiment on it is under way.
        reach = Reach(
            enabled=True,
            client_visible=config.client_visible,
            report_exposures=True,
            exposure_attributes=frozenset(),
        )
    kinds = {each["kind"] for each in await published_sdk_keys(write.tx, environment)}
    found: dict[str, str] = {}
    if reach is None or not reach.enabled:
        found["flag_off"] = f"the flag {row.flag!r} is off in {row.environment}: nobody takes part until it is on"
    if not kinds:
        found["no_sdk_key"] = f"no SDK key is in force in {row.environment}: nobody can ask for the flag"
    elif reach is not None and not reach.client_visible and kinds == {KeyKind.CLIENT}:
        found["flag_hidden"] = (
            f"{row.flag!r} is hidden from client keys (client_visible), and {row.environment} has no others"
        )
    if reach is not None and not reach.report_exposures:
        found["exposures_not_reported"] = (
            f"edges don't report exposures of {row.flag!r} in {row.environment} (report_exposures): "
            "there are results only if the application sends them"
        )
    attributes = attributes_of(row)
    reported = {*environment.exposure_attributes, *(reach.exposure_attributes if reach else ())}
    missing = ", ".join(each for each in attributes if not is_listed(each, reported))
    if missing and reach is not None and reach.report_exposures:
        found["attribute_not_reported"] = (
            f"edges report exposures without {missing} (exposure_attributes): only those that the application sends "
            "can have it"
        )
    hashed = ", ".join(each for each in attributes if is_listed(each, environment.pii_attributes))
    if hashed:
        found["attribute_hashed"] = (
            f"{hashed} is stored as a hash in {row.environment} (pii_attributes): no filter finds a value in it"
        )
    if row.start_at is not None and row.start_at < round(write.now.timestamp() * 1000):
        found["past_exposures"] = (
            "of the exposures until now those count that don't say what they belong to, such as imported ones: "
            "the others were made before this experiment was known"
        )
    return [Warned(code=code, detail=detail) for code, detail in found.items()]
