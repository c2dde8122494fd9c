"""`python -m devstack.clickhouse_front --path FOLDER --port PORT`: serve the embedded engine until SIGTERM."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import uvicorn

from .app import Front
from .engine import Engine


def main() -> None:
    """Open the engine on its folder and serve it on the loopback interface."""
    parser = argparse.ArgumentParser(prog="devstack.clickhouse_front", description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="the engine's data folder")
    parser.add_argument("--backups", type=Path, help="the folder of BACKUP and RESTORE; none if not given")
    parser.add_argument("--shards", type=int, default=0, help="of a cluster that is this engine alone; 0: none")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    front = Front(Engine(options.path.resolve(), options.backups and options.backups.resolve(), options.shards))
    uvicorn.run(
        front,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
