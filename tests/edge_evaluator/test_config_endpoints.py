"""The configuration, the environment, the manifest, readiness and CORS."""

from __future__ import annotations

from dataclasses import replace

from bucketing.document import flagset_from_document
from bucketing.limits import METADATA_RESERVED

from tests.edge_evaluator.conftest import StartEdge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge
from tests.edge_evaluator.sample_flags import BANNER, FLAGS, REMOTE_CONFIGS, boolean
from tests.environment_writer import publish

SENT = "authorization, x-api-key, if-none-match, content-type, content-encoding, last-event-id, verdict-sdk"
EXPOSED = "ETag, Retry-After, Verdict-Config-Age, X-Request-Id"


async def test_the_environment_tells_version_digest_and_age(edge: RunningEdge) -> None:
    answer = (await edge.get("/v1/environment")).json()
    assert answer.pop("age_seconds") < 10
    assert answer == {
        "environment": "production",
        "project": "shop",
        "version": 1,
        "digest": edge.writer.digest,
        "key_kind": "server",
        "exposure_attributes": [],
    }
    assert (await edge.get("/v1/environment", key=CLIENT_KEY)).json()["key_kind"] == "client"


async def test_the_environment_tells_where_events_go_and_what_exposures_carry(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_events_public_url="https://events.example/")
    edge.writer.exposure_attributes = ["country", "plan"]
    await publish(edge.bus, edge.writer.rewrite_keys([(SERVER_KEY, "server"), (CLIENT_KEY, "client")]))
    await edge.serves(edge.writer.version)
    for key in (SERVER_KEY, CLIENT_KEY):
        answer = (await edge.get("/v1/environment", key=key)).json()
        assert (answer["events_url"], answer["exposure_attributes"]) == ("https://events.example", ["country", "plan"])


async def test_the_whole_configuration_is_for_server_keys(edge: RunningEdge) -> None:
    answer = await edge.get("/v1/config")
    flagset = flagset_from_document(answer.json())
    assert set(flagset.flags) == {flag.key for flag in FLAGS}
    assert flagset.remote_configs == {each.key: replace(each, version=1) for each in REMOTE_CONFIGS}
    assert flagset.salt == "salt-of-env-1"
    etag = answer.headers["etag"]
    unchanged = await edge.get("/v1/config", if_none_match=etag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    await edge.write(flags=[boolean("new")])
    assert (await edge.get("/v1/config", if_none_match=etag)).json()["version"] == 2
    refused = await edge.get("/v1/config", key=CLIENT_KEY)
    assert (refused.status_code, refused.json()["code"]) == (403, "server_key_required")


async def test_no_key_opens_nothing(edge: RunningEdge) -> None:
    for path in ("/v1/environment", "/v1/config", "/v1/stream", "/openfeature/v0/manifest"):
        for key, code in ((None, "credentials_missing"), ("wrong", "sdk_key_invalid")):
            answer = await edge.get(path, key=key)
            assert (answer.status_code, answer.json()["code"]) == (401, code)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_manifest_names_types_and_defaults(edge: RunningEdge) -> None:
    answer = await edge.get("/openfeature/v0/manifest")
    flags = {flag["key"]: flag for flag in answer.json()["flags"]}
    assert flags["greeting"] == {"key": "greeting", "type": "string", "defaultValue": "bye"}
    assert flags["ratio"] == {"key": "ratio", "type": "float", "defaultValue": 0.5}
    assert flags["limit"]["type"] == "integer"
    assert flags["theme"] == {"key": "theme", "type": "object", "defaultValue": {}}
    assert flags["page"] == {"key": "page", "type": "object", "defaultValue": BANNER}
    assert "archived" not in flags
    visible = (await edge.get("/openfeature/v0/manifest", key=CLIENT_KEY)).json()["flags"]
    assert {flag["key"] for flag in visible} == {
        each.key for each in (*FLAGS, *REMOTE_CONFIGS) if each.client_visible and not each.archived
    }


async def test_the_manifest_describes_flags_to_those_who_may_read_rules(edge: RunningEdge) -> None:
    await edge.write(flags=[boolean("visible", client_visible=True, description="what it is for")])
    for key, described in ((SERVER_KEY, True), (CLIENT_KEY, False)):
        answer = await edge.get("/openfeature/v0/manifest", key=key)
        entry = next(each for each in answer.json()["flags"] if each["key"] == "visible")
        assert (entry.get("description") == "what it is for", "description" in entry) == (described, described)
        assert answer.headers["x-manifest-capabilities"] == "read"


async def test_a_flag_that_is_broken_in_itself_is_left_out_of_the_manifest(edge: RunningEdge) -> None:
    await edge.write(flags=[boolean("broken", client_visible=True, off_variation="nowhere"), boolean("sound")])
    listed = {flag["key"] for flag in (await edge.get("/openfeature/v0/manifest")).json()["flags"]}
    assert "sound" in listed
    assert "broken" not in listed


async def test_openfeatures_command_line_can_show_why_there_is_no_manifest(edge: RunningEdge) -> None:
    for key, headers, status in ((None, {}, 401), ("wrong", {}, 401)):
        answer = await edge.get("/openfeature/v0/manifest", key=key, **headers)
        problem = answer.json()
        assert (answer.status_code, "json" in answer.headers["content-type"]) == (status, True)
        assert problem["error"] == {"message": problem["detail"], "status": status}
    repeated = await edge.get("/openfeature/v0/manifest?flags=all")
    assert repeated.json()["error"]["status"] == repeated.status_code == 422


async def test_answers_carry_the_flags_own_metadata_and_never_instead_of_theirs(edge: RunningEdge) -> None:
    metadata = {"owner": "shop", "tier": 1, "share": 0.5, "beta": True, "version": "mine", "flagSetId": "mine"}
    await edge.write(flags=[boolean("visible", client_visible=True, metadata=metadata)])
    expected = {**metadata, "version": "2", "flagSetId": "shop/production", "ageSeconds": 0}
    for key in (SERVER_KEY, CLIENT_KEY):
        assert (await edge.flag("visible", key=key)).json()["metadata"] == expected
        flags = (await edge.bulk({}, key=key)).json()["flags"]
        assert next(each for each in flags if each["key"] == "visible")["metadata"] == expected
    names = {"version", "flagSetId", "ageSeconds", "experiment", "experiments", "override", "prerequisite"}
    assert names | {"reportExposures", "split", "unitKey"} == METADATA_RESERVED


async def test_it_is_ready_when_it_holds_a_configuration(edge: RunningEdge) -> None:
    answer = (await edge.get("/readyz", key=None)).json()
    assert answer == {"status": "ok", "checks": {"configuration": "ok", "background": "ok"}}
    edge.bus.connected = False
    assert (await edge.get("/readyz", key=None)).status_code == 200
    assert (await edge.flag("plain")).status_code == 200


async def test_a_browser_may_ask_from_anywhere(edge: RunningEdge) -> None:
    asking = {
        "origin": "https://anywhere.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": SENT,
    }
    allowed = await edge.http.request("OPTIONS", "/ofrep/v1/evaluate/flags", headers=asking)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in allowed.headers
    for answer in (
        await edge.bulk({}, headers={"origin": "https://anywhere.example"}),
        await edge.bulk({}, headers={"origin": "https://anywhere.example"}, key=None),
    ):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-expose-headers"] == EXPOSED


async def test_a_browser_may_ask_from_a_configured_origin(start_edge: StartEdge) -> None:
    edge = await start_edge(edge_cors_origins="https://app.example, https://other.example")
    asking = {
        "origin": "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": SENT,
    }
    allowed = await edge.http.request("OPTIONS", "/ofrep/v1/evaluate/flags", headers=asking)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    refused = await edge.http.request(
        "OPTIONS", "/ofrep/v1/evaluate/flags", headers=asking | {"origin": "https://evil.example"}
    )
    assert refused.status_code == 400
    answer = await edge.bulk({}, headers={"origin": "https://other.example"})
    assert answer.headers["access-control-allow-origin"] == "https://other.example"
    assert answer.headers["access-control-expose-headers"] == EXPOSED
    assert (
        "access-control-allow-origin" not in (await edge.bulk({}, headers={"origin": "https://evil.example"})).headers
    )


async def test_answers_tell_the_age_of_a_configuration_that_is_not_confirmed(start_edge: StartEdge) -> None:
    edge = await start_edge()
    assert (await edge.flag("plain")).json()["metadata"]["ageSeconds"] == 0
    edge.bus.connected = False
    held = edge.edge.memory.environments["env-1"]
    held.confirmed -= 3600
    answer = (await edge.flag("plain")).json()
    while answer["metadata"]["ageSeconds"] == 0:
        answer = (await edge.flag("plain")).json()
    assert 3600 <= answer["metadata"]["ageSeconds"] < 3700
    assert (await edge.bulk({})).json()["metadata"]["ageSeconds"] >= 3600
    edge.bus.connected = True
    while answer["metadata"]["ageSeconds"]:
        answer = (await edge.flag("plain")).json()
