"""`python -m edge_script [SCENARIO.json]`: starts, prints one line of JSON, and serves until it is ended.

The line is `{"edge", "control", "server_key", "client_key"}`: two addresses and two keys. docs/conformance.md says what
the control port takes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from edge_script.control import Control
from edge_script.edge import CLIENT_KEY, SERVER_KEY, Edge
from edge_script.scenario import play, read_scenario
from edge_script.wire import Listener

_PARENT_SECONDS = 0.5


async def serve(arguments: argparse.Namespace, entries: list[dict[str, Any]]) -> None:
    """Until a signal, or until the process that has started it is gone."""
    edge = Edge()
    port = Listener(edge.handle, arguments.host, arguments.port)
    control = Control(edge, port)
    control_port = Listener(control.handle, "127.0.0.1", arguments.control_port)
    await port.open()
    await control_port.open()
    told = {
        "edge": f"http://{arguments.host}:{port.port}",
        "control": f"http://127.0.0.1:{control_port.port}",
        "server_key": SERVER_KEY,
        "client_key": CLIENT_KEY,
    }
    print(json.dumps(told), flush=True)
    ended = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, ended.set)
    orphan = asyncio.create_task(_orphaned(ended))
    playing = asyncio.create_task(play(entries, edge, control))
    playing.add_done_callback(lambda played: ended.set() if played.exception() else None)
    await ended.wait()
    if playing.done():
        playing.result()
    playing.cancel()
    orphan.cancel()
    await port.close()
    await control_port.close()


async def _orphaned(ended: asyncio.Event) -> None:
    """Nothing outlives who has started it."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(_PARENT_SECONDS)
    ended.set()


def main() -> int:
    """Exit 2 for a scenario that is none."""
    parser = argparse.ArgumentParser(prog="python -m edge_script", description="A scripted edge for tests of SDKs.")
    parser.add_argument("scenario", nargs="?", type=Path, help="a file of what happens")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="of the edge; 0: a free one")
    parser.add_argument("--control-port", type=int, default=0)
    arguments = parser.parse_args()
    try:
        entries = read_scenario(arguments.scenario) if arguments.scenario else []
        asyncio.run(serve(arguments, entries))
    except (OSError, ValueError) as error:
        print(f"edge_script: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
