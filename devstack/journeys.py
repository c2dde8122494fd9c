"""`python -m devstack.journeys FOLDER`: a fresh stack for the journeys of the pages, until its standard input ends.

It says its addresses in a line of JSON. At the address `control` a journey asks for what it can't do by itself:
`POST /SERVER/stop`, `/start`, `/pause`, `/resume`, which are answered when it is done; `GET /demo`, which replays the
demo the first time and answers with its project; and `POST /flags/PROJECT/FLAG/COUNT`, which copies a flag so often.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rich.console import Console

from examples.cookie_cats.addresses import Addresses
from examples.cookie_cats.errors import ReplayError
from examples.cookie_cats.replay import replay
from examples.cookie_cats.stages import Stages

from .daemon import addresses_of
from .many_flags import copy_flag
from .one_origin import Gateway
from .processes import PartFailedError
from .server import Server
from .services import DATABASE, Credentials, Services
from .stack import Stack

Answer = tuple[int, object]


class Control:
    """What journeys ask for, one at a time."""

    def __init__(self, servers: Mapping[str, Server], addresses: Addresses, folder: Path, database: str) -> None:
        self._servers = servers
        self._addresses = addresses
        self._folder = folder
        self._database = database
        self._demo: object = None
        self._lock = threading.Lock()

    def answer(self, method: str, path: str) -> Answer:
        """Status and document."""
        with self._lock:
            try:
                if (method, path) == ("GET", "/demo"):
                    return 200, self._replayed()
                parts = path.strip("/").split("/")
                if method == "POST" and parts[0] == "flags" and len(parts) == 4:
                    copy_flag(self._database, parts[1], parts[2], int(parts[3]))
                    return 200, {}
                name, _, act = path.strip("/").partition("/")
                work = self._acts(name).get(act) if method == "POST" else None
                if work is None:
                    return 404, {"known": sorted(self._servers)}
                work()
            except (PartFailedError, ReplayError, LookupError, ValueError) as error:
                return 500, {"error": str(error)}
            return 200, {}

    def _acts(self, name: str) -> dict[str, Callable[[], None]]:
        server = self._servers.get(name)
        if server is None:
            return {}
        return {"stop": server.stop, "start": server.start, "pause": server.pause, "resume": server.resume}

    def _replayed(self) -> object:
        if self._demo is None:
            stages = Stages(Console(file=(self._folder / "demo.log").open("w", encoding="utf-8")))
            self._demo = asdict(asyncio.run(replay(self._addresses, stages, self._folder / "demo")).demo)
        return self._demo


def _listener(control: Control) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*control.answer("GET", self.path))

        def do_POST(self) -> None:
            self._say(*control.answer("POST", self.path))

        def _say(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Journeys have a trace of their own."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def _services(folder: Path, stack: Stack) -> Services:
    """Webhooks may lead to this machine, where a journey listens."""
    services = Services(folder, stack, Credentials(), exports=folder / "exports")
    services.control_plane.environment["FF_OUTBOUND_ALLOW"] = "127.0.0.1"
    return services


def main() -> None:
    """Keep the stack of the folder given as the only argument."""
    folder = Path(sys.argv[1]).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with (
            Stack(folder, durable=False) as stack,
            _services(folder, stack) as services,
            Gateway(folder, services) as gateway,
        ):
            addresses = addresses_of(services, gateway)
            servers = {each.name: each for each in (*stack.parts, *services.all, gateway)}
            listener = _listener(Control(servers, addresses, folder, stack.postgres.database_url(DATABASE)))
            threading.Thread(target=listener.serve_forever, daemon=True).start()
            book = {**asdict(addresses), "control": f"http://127.0.0.1:{listener.server_address[1]}"}
            print(json.dumps(book), flush=True)
            sys.stdin.read()
            listener.shutdown()
    except PartFailedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
