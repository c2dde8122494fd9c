"""Three servers of NATS that hold the streams together, on the loopback interface; each pair has a link of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .parts import Part
from .ports import free_port
from .probes import http_answers, http_body, nats_answers
from .processes import Program

NODES = 3
_NAME = "verdict"
ALL = "$ALL"
"""The group of all servers, whose leader makes streams and consumers."""
_BEAT_NANOSECONDS = 1_500_000_000


class NatsNode(Part):
    """One server of the cluster. `links` are the ports by which it reaches others' routes, whom it calls itself."""

    def __init__(self, root: Path, number: int, *, durable: bool) -> None:
        self.name = f"nats-{number}"
        super().__init__(root, durable=durable)
        self.route_port = free_port()
        self.monitoring_port = free_port()
        self.links: dict[str, int] = {}

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def _program(self) -> Program:
        configuration = self.folder / "nats.conf"
        interval = "always" if self.durable else "10s"
        routes = "".join(f'    "nats://127.0.0.1:{port}"\n' for port in self.links.values())
        # Who learnt of another's own port from a third would go around the link: the one that is told is nobody's.
        configuration.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'http: "127.0.0.1:{self.monitoring_port}"\n'
            f'server_name: "{self.name}"\n'
            f'jetstream {{ store_dir: "{self.data}", sync_interval: "{interval}" }}\n'
            f'cluster {{\n  name: "{_NAME}"\n  listen: "127.0.0.1:{self.route_port}"\n  advertise: "127.0.0.1:1"\n'
            f"  no_advertise: true\n  pool_size: -1\n  routes: [\n{routes}  ]\n}}\n",
            "utf-8",
        )
        binary = Path(sys.executable).with_name("nats-server")
        return Program(self.name, [str(binary), "-c", str(configuration)], self.log)

    def _missing(self) -> str | None:
        # Healthy is a server that knows who leads, and whose streams and consumers have caught up.
        return nats_answers(self.port) or http_answers(self.monitoring_port, "/healthz")

    def groups(self) -> dict[str, dict[str, Any]]:
        """What this server says of who holds each stream, and `ALL`: the `leader`, and the `replicas` beside it."""
        body = http_body(self.monitoring_port, "/jsz?streams=true") if self.running else None
        if body is None:
            return {}
        answer = json.loads(body)
        accounts = answer.get("account_details") or []
        details = [each for account in accounts for each in account.get("stream_detail") or []]
        return {ALL: answer.get("meta_cluster") or {}} | {each["name"]: each.get("cluster") or {} for each in details}


class NatsCluster:
    """The nodes. A link's port may be changed before they start: to a relay of whoever wants to cut it."""

    def __init__(self, root: Path, *, durable: bool) -> None:
        self.nodes = tuple(NatsNode(root, number, durable=durable) for number in range(1, NODES + 1))
        for caller, called in self.pairs():
            caller.links[called.name] = called.route_port

    @property
    def url(self) -> str:
        """All of them, as a service is given them."""
        return ",".join(node.url for node in self.nodes)

    def pairs(self) -> Iterator[tuple[NatsNode, NatsNode]]:
        """Who calls, again and again, and who is called: a ring, for each server must know another one, and two that
        call each other have two links."""
        return zip(self.nodes, (*self.nodes[1:], self.nodes[0]), strict=True)

    def node(self, name: str) -> NatsNode:
        """By its name."""
        return next(each for each in self.nodes if each.name == name)

    def leader(self, group: str, among: tuple[NatsNode, ...] | None = None) -> NatsNode | None:
        """Who leads the stream, or all, in the eyes of most of `among`; None while they don't agree."""
        asked = among or self.nodes
        said = [each.groups().get(group, {}).get("leader", "") for each in asked]
        for name in set(said) - {""}:
            if said.count(name) * 2 > len(asked):
                return self.node(name)
        return None

    def is_whole(self) -> bool:
        """Whether all say the same leaders, who have just heard the others, which hold what they hold."""
        said = [node.groups() for node in self.nodes]
        if any(_leaders(one) != _leaders(said[0]) for one in said):
            return False
        for name, leader in _leaders(said[0]).items():
            if not leader:
                return False
            replicas = said[self.nodes.index(self.node(leader))][name].get("replicas") or []
            if len(replicas) != len(self.nodes) - 1 or not all(_follows(each) for each in replicas):
                return False
        return True


def _leaders(groups: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: each.get("leader") or "" for name, each in groups.items()}


def _follows(replica: dict[str, Any]) -> bool:
    return bool(replica.get("current")) and not replica.get("offline") and replica.get("active", 0) < _BEAT_NANOSECONDS
