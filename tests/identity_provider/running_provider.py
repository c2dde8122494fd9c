"""A certified OpenID provider (`oidc-provider`, on Node) as a process of the test's own, and a browser at its pages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

FOLDER = Path(__file__).parent
CLIENT_ID = "verdict"
CLIENT_SECRET = "a secret of the client, with more than 32 bytes"
_STEPS_MAX = 12
_READY_SECONDS = 30


def installed(folder: Path) -> Path:
    """The folder with the provider and exactly the packages of its lock file."""
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(FOLDER / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=240)
    return folder


@dataclass(frozen=True, slots=True)
class RunningProvider:
    """A provider that runs. `issuer` is where it is reached."""

    issuer: str
    control: str

    def tell(self, **commands: Any) -> dict[str, Any]:
        """Changes it from the next request on: `accounts`, `clients`, `tamper` (what is wrong with its tokens),
        `hidden` (what its discovery document leaves out), `rotate` (a new key of this algorithm, the old one gone),
        `more` (of its own configuration). Answers how often each path was asked, and its key ids."""
        answer = httpx.post(self.control, json=commands, timeout=30)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def reset(self, redirect_uri: str, **client: Any) -> None:
        """One client with this address, nobody's account, and honest tokens by an RSA key."""
        whole = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [redirect_uri],
            "scope": "openid email profile groups",
            **client,
        }
        self.tell(accounts={}, clients=[whole], tamper={}, hidden=[], more={}, requests={}, alg="RS256")


@contextmanager
def running_provider(folder: Path) -> Iterator[RunningProvider]:
    """Until the end of the block; it also ends with this process."""
    log = folder / "provider.log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            ["node", "provider.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, log.read_text()
            yield RunningProvider(**json.loads(line))
        finally:
            process.stdin.close()
            process.wait(_READY_SECONDS)


@dataclass
class Browser:
    """What a browser does at the provider's pages: it follows, keeps cookies, fills in the two forms."""

    client: httpx.AsyncClient

    async def sign_in(self, address: str, login: str, *, back: str) -> str:
        """Where the provider sends the browser in the end: an address that begins with `back`."""
        answer = await self.client.get(address)
        for _ in range(_STEPS_MAX):
            if answer.is_redirect:
                target = urljoin(str(answer.request.url), answer.headers["location"])
                if target.startswith(back):
                    return target
                answer = await self.client.get(target)
                continue
            assert answer.status_code == 200, answer.text
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert action is not None, answer.text
            assert prompt is not None, answer.text
            form = {"prompt": prompt[1]} | ({"login": login, "password": "any"} if prompt[1] == "login" else {})
            answer = await self.client.post(urljoin(str(answer.request.url), action[1]), data=form)
        raise AssertionError(f"the provider leads nowhere: {answer.request.url}")
