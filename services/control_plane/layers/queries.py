"""Queries about layers, for other features."""

from __future__ import annotations

from collections.abc import Collection

from control_plane.database import Connection
from control_plane.entities.table import Scope
from control_plane.entities.transactions import ReadTransaction, find
from control_plane.layers.models import LAYERS, LayerRow


async def layers_of_keys(tx: Connection, scope: Scope, keys: Collection[str]) -> dict[str, LayerRow]:
    """By key; a key without a layer is left out."""
    return await LAYERS.of_keys(tx, scope, keys)


async def find_layer(read: ReadTransaction, key: str) -> LayerRow:
    """Raises `NotFound`."""
    return await find(read, LAYERS, key)
