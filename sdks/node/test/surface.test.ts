import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as sdk from "../src/index.js";
import * as openfeature from "../src/openfeature.js";
import * as opentelemetry from "../src/opentelemetry.js";
import * as testing from "../src/testing.js";

test("each entry gives these names and no others", () => {
  assert.deepEqual(Object.keys(sdk).sort(), ["FeatureFlagClient", "VERSION"]);
  assert.deepEqual(Object.keys(openfeature).sort(), ["FeatureFlagProvider", "PROVIDER_NAME"]);
  assert.deepEqual(Object.keys(opentelemetry), ["EvaluationEventsHook"]);
  assert.deepEqual(Object.keys(testing), ["InMemoryProvider"]);
});

test("a client has these methods and no others", () => {
  const waiting = ["isEnabled", "variation", "boolean", "string", "integer", "number", "object", "detail", "allFlags", "bootstrapFor", "config", "explain"];
  const methods = [
    ...waiting,
    ...waiting.map((name) => `${name}Sync`),
    ...["trackMetric", "trackExposure", "flush", "close", "ready", "onChange", "onState", "status", "constructor"],
  ];
  assert.deepEqual(Object.getOwnPropertyNames(sdk.FeatureFlagClient.prototype).sort(), methods.sort());
});

test("the version is the package's", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  assert.equal(sdk.VERSION, version);
});
