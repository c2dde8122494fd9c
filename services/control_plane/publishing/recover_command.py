"""`control_plane recover`: shows how the database and the stream differ, and lets somebody decide."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from control_plane.publishing.comparison import Comparison, EnvironmentDifference
from control_plane.publishing.recovery import Recovery

_NAMES_MAX = 20
_SECTIONS = (
    ("switched_on", "off on the stream, on in the database"),
    ("switched_off", "on on the stream, off in the database"),
    ("working_again", "SDK keys that only the database lets in"),
    ("no_longer_working", "SDK keys that only the stream lets in"),
    ("only_on_the_stream", "only on the stream"),
    ("only_in_the_database", "only in the database"),
    ("changed", "changed"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    act = parser.add_mutually_exclusive_group(required=True)
    act.add_argument("--show", action="store_true", help="tell how database and stream differ; changes nothing")
    act.add_argument(
        "--accept-database",
        action="store_true",
        help="let the database win: an epoch and versions above both sides, so that every edge takes its state",
    )
    act.add_argument(
        "--remove-environment", metavar="ID", help="end an environment that only the stream has, by tombstones"
    )
    parser.add_argument(
        "--environment", metavar="ID", action="append", default=[], help="only this environment; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON")


async def run(arguments: argparse.Namespace, recovery: Recovery) -> str:
    """What to print. Raises `RecoveryRefused`, `BusError`, `Unavailable`; then nothing was changed."""
    if arguments.remove_environment:
        removed = await recovery.remove_environment(arguments.remove_environment)
        if arguments.json:
            return json.dumps({"environment_id": arguments.remove_environment, "removed": removed})
        return f"{removed} entries of environment {arguments.remove_environment} were removed from the stream"
    if arguments.accept_database:
        accepted = await recovery.accept_database(arguments.environment)
        if arguments.json:
            return json.dumps(asdict(accepted))
        versions = [f"environment {each}: version {version}" for each, version in accepted.versions.items()]
        lines = [f"the next relay writes above epoch {accepted.epoch}", *versions]
        return "\n".join(lines if versions else [*lines, "no environment's version is behind the stream"])
    comparison = await recovery.compare(arguments.environment)
    return json.dumps(asdict(comparison), indent=2) if arguments.json else "\n".join(_text(comparison))


def _text(comparison: Comparison) -> Iterator[str]:
    yield f"epoch: {comparison.stream_epoch} on the stream, {comparison.database_epoch} in the database"
    if comparison.stream_epoch > comparison.database_epoch:
        yield "The stream was written in a later term than this database knows of: nothing is published."
    for each in comparison.environments:
        state = f"BLOCKED ({each.blocked})" if each.blocked else "the same" if each.same else "differs"
        versions = f"{_or_none(each.stream_version)} on the stream, {_or_none(each.database_version)} in the database"
        ahead = f", {each.followers_version} at a follower" if each.followers_version is not None else ""
        yield f"{_name(each)}: {state}; version {versions}{ahead}"
        yield from _sections(each)
    if comparison.foreign:
        yield "Only on the stream (`control_plane recover --remove-environment ID` removes one):"
    for each in comparison.foreign:
        yield f"{_name(each)}: version {_or_none(each.stream_version)}"
        yield from _sections(each)


def _sections(difference: EnvironmentDifference) -> Iterator[str]:
    for field, title in _SECTIONS:
        names = getattr(difference.entities, field)
        if names:
            more = f" and {len(names) - _NAMES_MAX} more (--json has all)" if len(names) > _NAMES_MAX else ""
            yield f"  {title}: {', '.join(names[:_NAMES_MAX])}{more}"


def _name(difference: EnvironmentDifference) -> str:
    return f"{difference.project or '?'}/{difference.environment or '?'} {difference.environment_id}"


def _or_none(version: int | None) -> str:
    return "none" if version is None else str(version)
