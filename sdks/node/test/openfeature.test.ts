import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { OpenFeature, ProviderEvents, ProviderStatus, type EventDetails } from "@openfeature/server-sdk";

import { FeatureFlagProvider } from "../src/openfeature.js";
import type { Options } from "../src/index.js";
import { experiment, flag, Said } from "./sample.js";
import { ScriptedEdge, until } from "./scripted_edge.js";

let edge: ScriptedEdge;
before(async () => {
  edge = await ScriptedEdge.started();
});
after(() => edge.end());
beforeEach(async () => {
  await edge.post("reset");
  await edge.serve({
    version: 5,
    flags: {
      switch: flag("switch", true),
      color: flag("color", "red", { metadata: { owner: "shop" } }),
      count: flag("count", 7),
      ratio: flag("ratio", 1, { type: "number", variations: { on: 1.5, off: 0 } }),
      page: flag("page", { columns: 3 }),
    },
    experiments: { test: experiment("test", "color") },
  });
});
afterEach(async () => {
  OpenFeature.clearHandlers();
  await OpenFeature.clearProviders();
});

function provider(options: Partial<Options> = {}): FeatureFlagProvider {
  return new FeatureFlagProvider({ envKey: edge.serverKey, endpoint: edge.address, logger: new Said(), ...options });
}

test("the types are resolved", async () => {
  await OpenFeature.setProviderAndWait(provider());
  const client = OpenFeature.getClient();
  const user = { targetingKey: "u1" };
  assert.equal(await client.getBooleanValue("switch", false, user), true);
  assert.equal(await client.getStringValue("color", "", user), "red");
  assert.equal(await client.getNumberValue("count", 0, user), 7);
  assert.equal(await client.getNumberValue("ratio", 0, user), 1.5);
  assert.deepEqual(await client.getObjectValue("page", {}, user), { columns: 3 });
  const mismatch = await client.getStringDetails("switch", "text", user);
  assert.deepEqual([mismatch.value, mismatch.reason, mismatch.errorCode], ["text", "ERROR", "TYPE_MISMATCH"]);
  const absent = await client.getBooleanDetails("absent", true, user);
  assert.deepEqual([absent.value, absent.errorCode], [true, "FLAG_NOT_FOUND"]);
});

test("metadata has what the edge's answers have, and the context's id", async () => {
  await OpenFeature.setProviderAndWait(provider());
  const { flagMetadata, variant } = await OpenFeature.getClient().getStringDetails("color", "", { targetingKey: "u1", since: new Date(0) });
  assert.ok(variant === "on" || variant === "off");
  assert.deepEqual(flagMetadata, {
    owner: "shop",
    version: "5",
    flagSetId: "scripted/test",
    ageSeconds: 0,
    experiment: "test",
    experiments: "test:1",
    contextId: "u1",
  });
});

test("an evaluation through it is an exposure, and track is a metric event", async () => {
  const used = provider();
  await OpenFeature.setProviderAndWait(used);
  const client = OpenFeature.getClient();
  await client.getStringValue("color", "", { targetingKey: "u1" });
  client.track("paid", { targetingKey: "u1" }, { value: 12.5, currency: "EUR" });
  client.track("seen", { targetingKey: "u1" });
  await OpenFeature.clearProviders();
  assert.deepEqual((await edge.events("exposure")).map((event) => event["flag"]), ["color"]);
  const metrics = await edge.events("metric");
  assert.deepEqual(metrics.map(({ metric, value, properties, user_key: key }) => [metric, value, properties, key]), [
    ["paid", 12.5, { currency: "EUR" }, "u1"],
    ["seen", undefined, undefined, "u1"],
  ]);
  assert.equal(used.client.status().state, "closed");
});

test("changes are told with the names of the flags", async () => {
  await OpenFeature.setProviderAndWait(provider());
  const told: (EventDetails | undefined)[] = [];
  OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, (details) => void told.push(details));
  await edge.serve({ version: 6, flags: { switch: flag("switch", true), color: flag("color", "green") } });
  const details = await until(() => told[0]);
  assert.deepEqual([...((details as { flagsChanged?: string[] }).flagsChanged ?? [])].sort(), ["color", "count", "page", "ratio"]);
});

test("no configuration in time is an error, until one is there", async () => {
  await edge.put("behaviour", { config: "silent" });
  const slow = provider({ startWait: 0.1, bootstrap: undefined });
  await assert.rejects(OpenFeature.setProviderAndWait(slow));
  const client = OpenFeature.getClient();
  assert.equal(client.providerStatus, ProviderStatus.ERROR);
  await edge.put("behaviour", { config: "ok" });
  await edge.put("port", { state: "closed" });
  await edge.put("port", { state: "open" });
  await until(() => client.providerStatus === ProviderStatus.READY || undefined);
  assert.equal(await client.getBooleanValue("switch", false, { targetingKey: "u1" }), true);
});

test("a refused key is fatal where nothing is held, and an error where something is", async () => {
  await assert.rejects(OpenFeature.setProviderAndWait(provider({ envKey: edge.clientKey })), /client key/);
  assert.equal(OpenFeature.getClient().providerStatus, ProviderStatus.FATAL);

  await OpenFeature.setProviderAndWait(provider());
  const client = OpenFeature.getClient();
  await edge.put("behaviour", { stream: { kind: "status", status: 401 }, config: { kind: "status", status: 401 } });
  await edge.post("streams", { endpoint: "stream", do: "end" });
  await until(() => client.providerStatus === ProviderStatus.ERROR || undefined);
  assert.equal(await client.getBooleanValue("switch", false, { targetingKey: "u1" }), true);
});
