"""A NATS server with the configuration that is shipped: each service has a user of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.ports import free_port
from devstack.probes import nats_answers
from devstack.services import Services
from tests.waiting import until_blocking

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy/docker/nats.conf"
PASSWORDS = {
    "control-plane": "NATS_CONTROL_PLANE_PASSWORD",
    "edge": "NATS_EDGE_PASSWORD",
    "ingestor": "NATS_INGESTOR_PASSWORD",
    "analytics": "NATS_ANALYTICS_PASSWORD",
}
"""The variable that holds each user's password."""


@dataclass(frozen=True)
class GuardedNats:
    """Its address; a user's password tells whose it is."""

    url: str

    @staticmethod
    def password(user: str) -> str:
        return f"password-of-{user}"

    def admit(self, services: Services) -> None:
        """Each service signs in as its own user."""
        own = {services.control_plane: "control-plane", services.edge: "edge", services.ingestor: "ingestor"}
        for service in services.all:
            user = own.get(service, "analytics")
            service.environment |= {
                "FF_NATS_URL": self.url,
                "FF_NATS_USERNAME": user,
                "FF_NATS_PASSWORD": self.password(user),
            }


@contextmanager
def guarded_nats(folder: Path) -> Iterator[GuardedNats]:
    """Only addresses and folder are other than in the shipped file."""
    folder.mkdir(parents=True)
    port = free_port()
    text = CONFIGURATION.read_text().replace("listen: 0.0.0.0:4222", f"listen: 127.0.0.1:{port}")
    text = text.replace("http: 0.0.0.0:8222\n", "").replace("store_dir: /data", f'store_dir: "{folder}/data"')
    (folder / "nats.conf").write_text(text)
    server = [str(Path(sys.executable).with_name("nats-server")), "-c", str(folder / "nats.conf")]
    passwords = {variable: GuardedNats.password(user) for user, variable in PASSWORDS.items()}
    with (
        (folder / "log.txt").open("wb") as log,
        subprocess.Popen(server, env=os.environ | passwords, stderr=log) as process,
    ):
        try:
            until_blocking(lambda: nats_answers(port) is None or "authorization" in str(nats_answers(port)).lower())
            yield GuardedNats(f"nats://127.0.0.1:{port}")
        finally:
            process.terminate()
