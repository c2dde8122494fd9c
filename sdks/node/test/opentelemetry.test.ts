import assert from "node:assert/strict";
import { test } from "node:test";

import { createEvaluationEvent, OpenFeature } from "@openfeature/server-sdk";
import type { LogRecord, Logger } from "@opentelemetry/api-logs";
import * as conventions from "@opentelemetry/semantic-conventions/incubating";

import { EvaluationEventsHook } from "../src/opentelemetry.js";
import { InMemoryProvider } from "../src/testing.js";

async function emitted(key: string, targetingKey: string): Promise<LogRecord> {
  const records: LogRecord[] = [];
  const logger = { emit: (record: LogRecord) => void records.push(record), enabled: () => true } as Logger;
  await OpenFeature.setProviderAndWait(
    new InMemoryProvider().flag("color", { variations: { red: "red", blue: "blue" } }).serve("blue", { country: "NO" }),
  );
  const client = OpenFeature.getClient().addHooks(new EvaluationEventsHook(logger));
  await client.getStringValue(key, "none", { targetingKey, country: "NO" });
  await OpenFeature.clearProviders();
  assert.equal(records.length, 1);
  return records[0]!;
}

test("an evaluation is an event by the conventions", async () => {
  assert.deepEqual(await emitted("color", "u1"), {
    eventName: "feature_flag.evaluation",
    attributes: {
      [conventions.ATTR_FEATURE_FLAG_KEY]: "color",
      [conventions.ATTR_FEATURE_FLAG_PROVIDER_NAME]: "feature-flag-platform",
      [conventions.ATTR_FEATURE_FLAG_RESULT_VALUE]: "blue",
      [conventions.ATTR_FEATURE_FLAG_RESULT_REASON]: conventions.FEATURE_FLAG_RESULT_REASON_VALUE_TARGETING_MATCH,
      [conventions.ATTR_FEATURE_FLAG_RESULT_VARIANT]: "blue",
      [conventions.ATTR_FEATURE_FLAG_CONTEXT_ID]: "u1",
      [conventions.ATTR_FEATURE_FLAG_VERSION]: "0",
    },
  });
});

test("a failure says what it is", async () => {
  const { attributes } = await emitted("absent", "u1");
  assert.equal(attributes?.[conventions.ATTR_ERROR_TYPE], "flag_not_found");
  assert.equal(attributes?.[conventions.ATTR_FEATURE_FLAG_RESULT_REASON], conventions.FEATURE_FLAG_RESULT_REASON_VALUE_ERROR);
  assert.ok(attributes?.[conventions.ATTR_ERROR_MESSAGE]);
  assert.equal(attributes?.[conventions.ATTR_FEATURE_FLAG_ERROR_MESSAGE], attributes?.[conventions.ATTR_ERROR_MESSAGE]);
});

test("names are those that OpenFeature itself gives such an event", () => {
  const { name, attributes } = createEvaluationEvent(
    { flagKey: "color", context: { targetingKey: "u1" }, providerMetadata: { name: "p" } } as never,
    { flagKey: "color", value: "red", variant: "red", flagMetadata: { flagSetId: "a/b", version: "1" } } as never,
  );
  assert.equal(name, "feature_flag.evaluation");
  for (const attribute of Object.keys(attributes)) assert.match(attribute, /^feature_flag\.|^error\./);
});
