"""Stores one block: the good rows land whatever their neighbours are, and each bad row is found by halving."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from messages.generated.event_pb2 import DeadLetter

from analytics.loading import dead_letters
from analytics.loading.rows import Block
from analytics.warehouse.client import Warehouse
from analytics.warehouse.errors import RowsRefused


async def store(warehouse: Warehouse, block: Block, *, run: str = "") -> list[DeadLetter]:
    """Inserts the block and returns a letter for each row that ClickHouse refuses alone. `run` sets its tokens apart
    from those of before: a table remembers the tokens of rows that it has lost.

    Raises WarehouseUnavailable; the whole block can then be stored again, what has landed is not doubled.
    """
    if not len(block):
        return []
    token = run + block_token(block)
    return [letter async for letter in _store(warehouse, block, range(len(block)), token)]


async def _store(warehouse: Warehouse, block: Block, rows: range, token: str) -> AsyncIterator[DeadLetter]:
    try:
        # The token names these very rows: the block's bytes, and which part of it.
        part = f"{token}-{rows.start}-{rows.stop}"
        await warehouse.insert(block.table, block.typed_columns(rows.start, rows.stop), token=part)
    except RowsRefused as error:
        if len(rows) == 1:
            origin, raw = block.source(rows.start)
            yield dead_letters.refused(block.kind, origin, raw, str(error))
            return
        middle = (rows.start + rows.stop) // 2
        for part_rows in (range(rows.start, middle), range(middle, rows.stop)):
            async for letter in _store(warehouse, block, part_rows, token):
                yield letter


def block_token(block: Block) -> str:
    """Equal only for blocks with the same rows: made from the bytes they came from and where from."""
    digest = hashlib.sha256(block.kind.encode())
    for origin, data in block.sources():
        of = (origin.environment_id, origin.sdk_key_id, origin.received_at, origin.first_wins, len(data))
        digest.update(f"|{'|'.join(map(str, of))}|".encode())
        digest.update(data)
    return digest.hexdigest()[:40]
