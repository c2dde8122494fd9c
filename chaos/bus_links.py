"""The links between the servers of NATS, each through a proxy, so that one can be cut off from the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from devstack.nats_cluster import NatsCluster, NatsNode

from .proxy import FaultProxy


class BusLinks:
    """Laid before the servers start."""

    def __init__(self, cluster: NatsCluster) -> None:
        self.cluster = cluster
        self._proxies: dict[frozenset[str], FaultProxy] = {}
        for caller, called in cluster.pairs():
            proxy = FaultProxy(f"{caller.name}-{called.name}", called.route_port)
            caller.links[called.name] = proxy.port
            self._proxies[frozenset((caller.name, called.name))] = proxy

    async def start(self) -> None:
        for proxy in self._proxies.values():
            await proxy.start()

    async def close(self) -> None:
        for proxy in self._proxies.values():
            await proxy.close()

    @contextmanager
    def cut_off(self, node: NatsNode) -> Iterator[None]:
        """The node and the others hear nothing of each other, and aren't told so; clients reach all of them."""
        proxies = [proxy for pair, proxy in self._proxies.items() if node.name in pair]
        for proxy in proxies:
            proxy.swallow()
        try:
            yield
        finally:
            # As a link that was away for long: what was under way is lost.
            for proxy in proxies:
                proxy.cut()
                proxy.mend()
