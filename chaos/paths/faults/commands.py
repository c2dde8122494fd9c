"""Commands of the product, run with the settings of one of its services."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from devstack.services import Service

_SECONDS_MAX = 180.0


async def run_command(service: Service, *words: str) -> str:
    """What it prints. Raises RuntimeError when it fails."""
    script = str(Path(sys.executable).with_name(words[0]))
    process = await asyncio.create_subprocess_exec(
        script, *words[1:], env=service.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(_SECONDS_MAX):
        printed, errors = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {errors.decode()[-1000:]}")
    return printed.decode()
