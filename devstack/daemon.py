"""`python -m devstack.daemon FOLDER`: run the whole stack and the services in this folder until SIGTERM."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from examples.cookie_cats.addresses import Addresses

from .one_origin import USUAL_PORT, Gateway
from .processes import PartFailedError
from .run_files import announce, daemon_file, write_privately
from .running_parts import RunningPart, parts_file, write_parts
from .server import Server
from .services import Credentials, Service, Services
from .shop_chat import ShopChat
from .shop_traffic import ShopTraffic
from .stack import Stack

_WATCH_SECONDS = 1.0
_log = logging.getLogger(__name__)


def addresses_of(services: Services, gateway: Gateway, chat: ShopChat | None = None) -> Addresses:
    """Where they listen."""
    return Addresses(
        control_plane=services.control_plane.url,
        edge=services.edge.url,
        ingestor=services.ingestor.url,
        analytics=services.analytics.url,
        admin_email=services.credentials.admin_email,
        admin_password=services.credentials.admin_password,
        origin=gateway.url,
        chat=chat.url if chat else "",
    )


def _credentials(folder: Path) -> Credentials:
    """The credentials of this folder's databases: the same in every run."""
    file = folder / "credentials.json"
    credentials = Credentials(**json.loads(file.read_text("utf-8"))) if file.exists() else Credentials()
    write_privately(file, asdict(credentials))
    return credentials


def _services(folder: Path, stack: Stack) -> Services:
    """Webhooks may lead to this machine, where the shop's chat listens; exports go to a folder."""
    services = Services(folder, stack, _credentials(folder), exports=folder / "exports")
    services.control_plane.environment["FF_OUTBOUND_ALLOW"] = "127.0.0.1"
    return services


def keep(folder: Path, stopped: threading.Event) -> None:
    """Run everything until `stopped` is set; a process that ends by itself is started again."""
    _forget(folder)
    with (
        Stack(folder) as stack,
        _services(folder, stack) as services,
        ShopChat(folder) as chat,
        Gateway(folder, services, USUAL_PORT) as gateway,
        ShopTraffic(folder, services) as traffic,
    ):
        servers: tuple[Server, ...] = (*stack.parts, *services.all, chat, gateway)
        told: list[RunningPart] = []
        told = _tell(folder, servers, traffic, told)
        announce(folder, addresses_of(services, gateway, chat))
        while not stopped.wait(_WATCH_SECONDS):
            traffic.keep()
            for server in servers:
                if not server.running:
                    _log.warning("%s has ended and is started again; its log is %s", server.name, server.log)
                    server.launch()
            told = _tell(folder, servers, traffic, told)
    _forget(folder)


def _tell(folder: Path, servers: Sequence[Server], traffic: ShopTraffic, told: list[RunningPart]) -> list[RunningPart]:
    """Write down what runs where that differs from what was told before."""
    running: list[RunningPart] = []
    everything: tuple[Server | ShopTraffic, ...] = (*servers, traffic)
    for each in everything:
        # What doesn't run is left out: the shop's traffic without a shop, a server that has just ended.
        with suppress(PartFailedError):
            running.append(
                RunningPart(
                    name=each.name,
                    pid=each.pid,
                    port=each.port if isinstance(each, Server) else None,
                    log=str(each.log),
                    environment=each.environment if isinstance(each, Service) else {},
                )
            )
    if running != told:
        write_parts(folder, running)
    return running


def _forget(folder: Path) -> None:
    for file in (daemon_file(folder), parts_file(folder)):
        file.unlink(missing_ok=True)


def main() -> None:
    """Keep the stack of the folder given as the only argument."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        keep(Path(sys.argv[1]), stopped)
    except PartFailedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
