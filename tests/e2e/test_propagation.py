"""With a user of NATS for each service, edges may say what they serve, and the control plane hears them."""

from __future__ import annotations

from .conftest import Tenant

FLAG = {
    "key": "checkout",
    "type": "boolean",
    "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
    "off_variation": "off",
    "default": {"variation": "off"},
}


def test_a_write_is_confirmed_by_the_edge(tenant: Tenant) -> None:
    flags = f"/api/v1/projects/{tenant.project}/flags"
    answer = tenant.api.post(flags, json=FLAG, headers={"Prefer": "wait=30"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "wait=30")
    found = answer.json()["propagation"]
    assert (found["edges"], found["confirmed"], found["laggards"]) == (1, 1, [])
    with tenant.edge() as edge:
        served = edge.get("/v1/environment").json()["version"]
    assert served >= answer.json()["environment_versions"]["production"]
