"""The faults that are walked, in the order of their walk."""

from chaos.paths.walk import FAULTS

from . import bus, edges, people, publishing, receivers, stores

__all__ = ["FAULTS", "bus", "edges", "people", "publishing", "receivers", "stores"]
