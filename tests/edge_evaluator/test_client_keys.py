"""A client key sees values, variants and reasons of client-visible flags, and nothing else of anything."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import FLAGS, REMOTE_CONFIGS, boolean

SECRETS = (
    "hidden-rule-id",
    "a hidden description",
    "hidden-target-user",
    "secret-segment",
    "included-user",
    "country",
    "gold",
    "salt-of-env-1",
    SERVER_KEY,
    *(flag.key for flag in FLAGS if not flag.client_visible and flag.key not in ("plain", "disabled")),
    *(config.key for config in REMOTE_CONFIGS if not config.client_visible),
)
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"targetingKey": "someone"},
    {"targetingKey": "x", "company": [1]},
    {"targetingKey": 1.5},
]


async def every_answer(edge: RunningEdge) -> list[httpx.Response]:
    answers = []
    for flag in [*(each.key for each in (*FLAGS, *REMOTE_CONFIGS)), "unknown"]:
        for context in CONTEXTS:
            answers.append(await edge.flag(flag, context, key=CLIENT_KEY))
            body = {"flag": flag, "context": context}
            answers.append(await edge.post("/v1/evaluate", body, key=CLIENT_KEY))
            answers.append(await edge.post("/v1/evaluate", body | {"explain": True}, key=CLIENT_KEY))
        answers.append(await edge.get(f"/v1/flags/{flag}?user_id=someone", key=CLIENT_KEY))
        answers.append(await edge.get(f"/v1/configs/{flag}?user_id=someone", key=CLIENT_KEY))
        answers.append(await edge.get(f"/v1/experiments/{flag}/assign?user_id=someone", key=CLIENT_KEY))
    for context in CONTEXTS:
        answers.append(await edge.bulk(context, key=CLIENT_KEY))
        answers.append(await edge.post("/v1/evaluate", {"context": context}, key=CLIENT_KEY))
    paths = ("/v1/configs", "/v1/config", "/v1/stream", "/v1/environment", "/openfeature/v0/manifest")
    return [*answers, *[await edge.get(path, key=CLIENT_KEY) for path in paths]]


async def test_nothing_hidden_is_in_any_answer(edge: RunningEdge) -> None:
    for answer in await every_answer(edge):
        told = answer.text + str(answer.headers.multi_items())
        # The key of a flag comes back in the answer to a question about it.
        told = told.replace(f'"key":"{answer.json().get("key")}"', "")
        assert not [secret for secret in SECRETS if secret in told], told


async def test_a_hidden_flag_is_like_no_flag(edge: RunningEdge) -> None:
    hidden = await edge.flag("plain", key=CLIENT_KEY)
    unknown = await edge.flag("unknown", key=CLIENT_KEY)
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace("plain", "?") == unknown.text.replace("unknown", "?")


async def test_bulk_and_manifest_hold_the_visible_flags(edge: RunningEdge) -> None:
    visible = {each.key for each in (*FLAGS, *REMOTE_CONFIGS) if each.client_visible}
    bulk = (await edge.bulk({"targetingKey": "u"}, key=CLIENT_KEY)).json()["flags"]
    assert {flag["key"] for flag in bulk} == visible
    several = (await edge.post("/v1/evaluate", {"context": {"targetingKey": "u"}}, key=CLIENT_KEY)).json()["flags"]
    assert {flag["key"] for flag in several} == visible


async def test_a_hidden_prerequisite_decides_without_being_named(edge: RunningEdge) -> None:
    answer = (await edge.flag("needs-hidden", key=CLIENT_KEY)).json()
    assert (answer["variant"], answer["reason"]) == ("off", "DEFAULT")
    assert "prerequisite" not in answer["metadata"]


async def test_visibility_can_be_taken_away(edge: RunningEdge) -> None:
    assert (await edge.flag("visible", key=CLIENT_KEY)).status_code == 200
    await edge.write(flags=[boolean("visible")])
    assert (await edge.flag("visible", key=CLIENT_KEY)).status_code == 404
    assert (await edge.flag("visible")).status_code == 200


async def test_event_frames_tell_a_version_and_nothing_else(edge: RunningEdge) -> None:
    url = (await edge.bulk({}, key=CLIENT_KEY)).json()["eventStreams"][0]["url"]
    async with httpx.AsyncClient(timeout=10) as client, client.stream("GET", url) as stream:
        await edge.write(flags=[boolean("very-hidden"), boolean("new", client_visible=True)])
        frames = ""
        async with asyncio.timeout(10):
            async for text in stream.aiter_text():
                frames += text
                if "refetchEvaluation" in frames and frames.endswith("\n\n"):
                    break
    assert not [secret for secret in (*SECRETS, "very-hidden", CLIENT_KEY) if secret in frames]
