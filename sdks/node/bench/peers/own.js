/** This SDK, offline with a config document: its engine alone, and its client with and without a promise. */

import { FlagSet } from "../../dist/engine/index.js";
import { FeatureFlagClient } from "../../dist/index.js";
import { byKey, countries, MEASURED } from "../flags.js";

const compare = (attribute, operator, value) => ({ attribute, operator, value });
const SEGMENT = {
  key: "beta",
  if: {
    and: [
      compare("country", "eq", "US"),
      compare("plan", "ne", "free"),
      compare("age", "gt", 18),
      compare("email", "contains", "+"),
    ],
  },
};

function flag(key) {
  const half = { rollout: { variations: [{ key: "on", weight: 50 }, { key: "off", weight: 50 }] } };
  const first = [compare("country", "in", countries(key)), compare("plan", "eq", "pro")];
  const second = [compare("age", "gte", 18), { segment: "beta" }];
  const third = [compare("email", "ends_with", "@example.com"), compare("version", "semver_gte", "1.2.0")];
  return {
    key,
    type: "boolean",
    variations: { on: true, off: false },
    off_variation: "off",
    default: { variation: "off" },
    rules: [
      { if: { and: first }, then: { variation: "on" } },
      { if: { and: second }, then: { variation: "on" } },
      { if: { and: third }, then: half },
    ],
  };
}

const DOCUMENT = { salt: "benchmark-salt", version: 1, flags: byKey(flag), segments: { beta: SEGMENT } };

export async function peers() {
  const set = FlagSet.from(DOCUMENT);
  const client = new FeatureFlagClient({ envKey: "none", endpoint: [], offline: true, bootstrap: DOCUMENT });
  await client.ready(5);
  const context = (user) => ({ ...user });
  return [
    { name: "this SDK", context, serve: (user) => client.isEnabledSync(MEASURED, user), close: () => client.close() },
    { name: "this SDK, awaited", context, serveLater: (user) => client.isEnabled(MEASURED, user) },
    { name: "this SDK's engine alone", context, serve: (user) => set.evaluate(MEASURED, user, 0).value },
  ];
}
