"""Fills an installation that runs somewhere with the demo's data, by its one origin: `make seed ORIGIN=https://…`.

The replay of a real experiment with 90,189 players, and a shop beside it. What is there already stays as it is. Told by
options or by the environment: `VERDICT_ORIGIN`, `FF_ADMIN_EMAIL`, `FF_ADMIN_PASSWORD`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import httpx
from rich.console import Console

from examples.cookie_cats.addresses import Addresses
from examples.cookie_cats.errors import ReplayError, ServiceAwayError
from examples.cookie_cats.project import PROJECT
from examples.cookie_cats.replay import replay
from examples.cookie_cats.stages import Stages
from examples.shop.api import Api
from examples.shop.fill import CUSTOMERS, fill
from examples.shop.names import Shop

_REQUEST_SECONDS = 30.0


def behind(origin: str, email: str, password: str) -> Addresses:
    """The four services as one origin has them, and who may administer them."""
    at = origin.rstrip("/")
    return Addresses(
        control_plane=at,
        edge=f"{at}/edge",
        ingestor=f"{at}/events",
        analytics=f"{at}/analytics",
        admin_email=email,
        admin_password=password,
        origin=at,
    )


async def seed(addresses: Addresses, stages: Stages, *, customers: int = CUSTOMERS, password: str = "") -> Shop:
    """The replay where its project isn't there, and the shop. `password`: of its people, a new one where none is given.

    Raises `ReplayError`.
    """
    if await _is_there(addresses):
        stages.say("The replay is there already.")
    else:
        await replay(addresses, stages, Path("build/demo"))
    return await fill(addresses, stages, customers=customers, password=password)


async def _is_there(addresses: Addresses) -> bool:
    try:
        async with httpx.AsyncClient(base_url=addresses.control_plane, timeout=_REQUEST_SECONDS) as client:
            owner = await Api(client).signed_in(addresses.admin_email, addresses.admin_password)
            return await owner.found(f"/projects/{PROJECT}") is not None
    except httpx.TransportError as error:
        raise ServiceAwayError(f"{addresses.origin} does not answer: {error or type(error).__name__}") from error


def main() -> int:
    """0 when the data is there."""
    told = os.environ.get
    parser = argparse.ArgumentParser(prog="seed", description=__doc__)
    parser.add_argument("--origin", default=told("VERDICT_ORIGIN", ""), help="of pages and services")
    parser.add_argument("--email", default=told("FF_ADMIN_EMAIL", ""), help="of who may create organizations")
    parser.add_argument("--password", default=told("FF_ADMIN_PASSWORD", ""), help="better told by the environment")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="of the shop")
    options = parser.parse_args()
    if not (options.origin and options.email and options.password):
        parser.error("say the origin, the address and the password of an administrator")
    console = Console()
    addresses = behind(options.origin, options.email, options.password)
    try:
        shop = asyncio.run(seed(addresses, Stages(console), customers=options.customers))
    except ReplayError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    console.print(
        f"The data is there. At {addresses.origin}/ the shop's people sign in with the password {shop.password}: "
        f"{', '.join(shop.people)}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
