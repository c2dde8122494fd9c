"""`python -m devstack.gateway --port PORT --control-plane URL …`: one origin until SIGTERM.

The addresses of the four services are given by name.
"""

from __future__ import annotations

import argparse
import logging

import uvicorn

from .proxy import CONTROL_PLANE, PREFIXES, Gateway

_OPEN_REQUESTS_SECONDS = 1
"""Streams never end by themselves."""


def main() -> None:
    """Pass on what comes in."""
    parser = argparse.ArgumentParser(prog="devstack.gateway", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    for name in (CONTROL_PLANE, *PREFIXES):
        parser.add_argument(f"--{name}", required=True, metavar="URL", help="the base address of the service")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    given = vars(options)
    gateway = Gateway({name: given[name.replace("-", "_")] for name in (CONTROL_PLANE, *PREFIXES)})
    uvicorn.run(
        gateway,
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_OPEN_REQUESTS_SECONDS,
    )


if __name__ == "__main__":
    main()
