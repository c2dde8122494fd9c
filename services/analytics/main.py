"""Entry of the analytics service: `analytics serve | load | export | monitor | migrate | …`."""

from __future__ import annotations

import argparse
import logging
from importlib import import_module
from typing import Any

from service_kit.logs import configure_logging
from service_kit.settings import load_settings

from analytics.settings import ExportSettings, LoadSettings, MonitorSettings, ServeSettings, StoreSettings

_SETTINGS: dict[str, type[StoreSettings]] = {
    "serve": ServeSettings,
    "load": LoadSettings,
    "export": ExportSettings,
    "monitor": MonitorSettings,
    "rewind": LoadSettings,
}
"""Those of the other commands are StoreSettings."""
_SERVICES = {
    "serve": "analytics",
    "load": "analytics-loader",
    "export": "analytics-export",
    "monitor": "analytics-monitor",
}
"""The names in the log of what runs until it is stopped."""


def configure_logs(service: str, level: str = "INFO") -> None:
    configure_logging(service, level)
    # The driver repeats as warnings what its exceptions say.
    for name in ("urllib3", "clickhouse_connect", "snowflake", "botocore"):
        logging.getLogger(name).setLevel("ERROR")


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(prog="analytics", description=__doc__)
    each = commands.add_subparsers(dest="command", required=True)
    each.add_parser("serve", help="serve the analytics API")
    each.add_parser("load", help="move events from the stream into ClickHouse")
    each.add_parser("export", help="bring events, flags, experiments and results to other warehouses")
    each.add_parser("monitor", help="look at guarded rollouts and publish verdicts")
    each.add_parser("migrate", help="create or update the tables and exit")
    each.add_parser("verify-increments", help="compare results that were brought forward with those computed anew")
    again = each.add_parser("rewind", help="load again what the stream of events still holds")
    again.add_argument("--since", required=True, help="RFC 3339 with an offset, or epoch milliseconds")
    letters = each.add_parser("dead-letters", help="events that could not be stored")
    actions = letters.add_subparsers(dest="action", required=True)
    for name, text in (("list", "one JSON line per letter"), ("replay", "put them back on the stream")):
        action = actions.add_parser(name, help=text)
        action.add_argument("--environment", default=None, help="id of an environment; all of them if not given")
        action.add_argument("--limit", type=int, default=100)
    return commands


def main() -> None:
    options: dict[str, Any] = vars(parser().parse_args())
    command = options.pop("command")
    configure_logs("analytics")
    settings = load_settings(_SETTINGS.get(command, StoreSettings))
    if command in _SERVICES:
        configure_logs(_SERVICES[command], settings.log_level)
    # What a command uses is loaded by itself alone: a loader needs a tenth of what reports do.
    import_module(f"analytics.commands.{command.replace('-', '_')}").run(settings, **options)


if __name__ == "__main__":
    main()
