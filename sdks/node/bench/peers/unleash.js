/** Unleash's SDK, ready from what its storage holds and never started: it registers, fetches and sends nothing. Murmur3. */

import unleash from "unleash-client";
import { countries, KEYS, MEASURED } from "../flags.js";

const constraint = (contextName, operator, values, more = {}) => ({
  contextName,
  operator,
  values,
  inverted: false,
  caseInsensitive: false,
  ...more,
});

const BETA = [
  constraint("country", "IN", ["US"]),
  constraint("plan", "NOT_IN", ["free"]),
  constraint("age", "NUM_GT", [], { value: "18" }),
  constraint("email", "STR_CONTAINS", ["+"]),
];

function feature(name) {
  const first = [constraint("country", "IN", countries(name)), constraint("plan", "IN", ["pro"])];
  const third = [
    constraint("email", "STR_ENDS_WITH", ["@example.com"]),
    constraint("version", "SEMVER_LT", [], { value: "1.2.0", inverted: true }),
  ];
  const everybody = { name: "default", parameters: {} };
  const half = { rollout: "50", stickiness: "userId", groupId: name };
  const strategies = [
    { ...everybody, constraints: first },
    { ...everybody, constraints: [constraint("age", "NUM_GTE", [], { value: "18" })], segments: [1] },
    { name: "flexibleRollout", parameters: half, constraints: third },
  ];
  return { name, type: "release", enabled: true, strategies };
}

const HELD = { version: 2, features: KEYS.map(feature), segments: [{ id: 1, constraints: BETA }] };

export async function peers() {
  const client = new unleash.Unleash({
    appName: "benchmark",
    url: "http://none.invalid/api",
    disableAutoStart: true,
    disableMetrics: true,
    skipInstanceCountWarning: true,
    storageProvider: { get: async () => HELD, set: async () => {} },
  });
  const ready = new Promise((resolve) => client.once("ready", resolve));
  await client.repository.loadBackup();
  await ready;
  const context = ({ targetingKey, ...properties }) => ({ userId: targetingKey, properties });
  return [{ name: "Unleash", context, serve: (user) => client.isEnabled(MEASURED, user), close: () => client.destroy() }];
}
