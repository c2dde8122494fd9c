"""`helm test`: a flag of the organization `installation-check` is evaluated at the edge, and an event is taken.

What is missing of that organization is made; what a run adds is one SDK key, which it revokes at its end.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime

NAME = "installation-check"
SECONDS = 60.0
FLAG: dict[str, object] = {
    "key": NAME,
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "default": {"variation": "on"},
    "off_variation": "off",
}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:300]}")
        self.status = status


def asked(method: str, address: str, token: str, body: object = None) -> dict[str, object]:
    """The answer's JSON. Raises Refused, or OSError."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(address, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read().decode(errors="replace")) from None
    told: dict[str, object] = json.loads(text) if text else {}
    return told


def patiently(method: str, address: str, token: str, body: object = None) -> dict[str, object]:
    """The same, again while the answer is that something isn't there yet."""
    ends_at = time.monotonic() + SECONDS
    while True:
        try:
            return asked(method, address, token, body)
        except (OSError, Refused) as error:
            away = not isinstance(error, Refused) or error.status in (401, 403, 404, 429, 502, 503, 504)
            if not away or time.monotonic() > ends_at:
                raise
            time.sleep(0.5)


def made(api: str, token: str, entity: str, parent: str, body: dict[str, object]) -> None:
    """Makes an entity that isn't there."""
    try:
        asked("GET", f"{api}{entity}", token)
    except Refused as refused:
        if refused.status != 404:
            raise
        asked("POST", f"{api}{parent}", token, body)


def main() -> None:
    control_plane, edge, events = (os.environ[each] for each in ("CONTROL_PLANE", "EDGE", "EVENTS"))
    api = f"{control_plane}/api/v1"
    credentials = {"email": os.environ["ADMIN_EMAIL"], "password": os.environ["ADMIN_PASSWORD"]}
    try:
        token = str(asked("POST", f"{api}/auth/login", "", credentials)["access_token"])
    except Refused as refused:
        if refused.status == 401:
            sys.exit("the administrator can't sign in; with a newer password, name a Secret in test.secretName")
        raise
    named: dict[str, object] = {"key": NAME, "name": "Installation check"}
    made(api, token, f"/organizations/{NAME}", "/organizations", named)
    made(api, token, f"/projects/{NAME}", f"/organizations/{NAME}/projects", named)
    environment = f"/projects/{NAME}/environments/{NAME}"
    made(api, token, environment, f"/projects/{NAME}/environments", named)
    made(api, token, f"/projects/{NAME}/flags/{NAME}", f"/projects/{NAME}/flags", FLAG)
    asked("PUT", f"{api}/projects/{NAME}/flags/{NAME}/environments/{NAME}/enabled", token, {"enabled": True})
    key = asked("POST", f"{api}{environment}/sdk-keys", token, {"kind": "server", "name": "helm test"})
    try:
        secret = str(key["key"])
        context = {"context": {"targetingKey": NAME}}
        value = patiently("POST", f"{edge}/ofrep/v1/evaluate/flags/{NAME}", secret, context)
        print(f"the edge says {value['value']!r}, {value['reason']}")
        event = {
            "type": "metric",
            "event_id": str(uuid.uuid4()),
            "timestamp": datetime.now(UTC).isoformat(),
            "user_key": NAME,
            "metric": NAME,
            "value": 1,
        }
        taken = patiently("POST", f"{events}/v1/events", secret, [event])
        if taken["accepted"] != 1:
            sys.exit(f"the event was not taken: {taken}")
        print("the ingestor has an event on the bus")
    finally:
        asked("DELETE", f"{api}{environment}/sdk-keys/{key['id']}", token)


if __name__ == "__main__":
    main()
