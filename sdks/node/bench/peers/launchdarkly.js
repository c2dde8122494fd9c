/** LaunchDarkly's SDK with flags from its test data, sending no events. Each evaluation is a promise. SHA-1. */

import launchdarkly from "@launchdarkly/node-server-sdk";
import integrations from "@launchdarkly/node-server-sdk/integrations";
import { countries, KEYS, MEASURED } from "../flags.js";

const clause = (attribute, op, values, negate = false) => ({ contextKind: "user", attribute, op, values, negate });

const SEGMENT = {
  key: "beta",
  version: 1,
  salt: "salt",
  included: [],
  excluded: [],
  rules: [
    {
      id: "1",
      clauses: [
        clause("country", "in", ["US"]),
        clause("plan", "in", ["free"], true),
        clause("age", "greaterThan", [18]),
        clause("email", "contains", ["+"]),
      ],
    },
  ],
};

function flag(key) {
  const first = [clause("country", "in", countries(key)), clause("plan", "in", ["pro"])];
  const second = [clause("age", "greaterThanOrEqual", [18]), clause("", "segmentMatch", ["beta"])];
  const third = [clause("email", "endsWith", ["@example.com"]), clause("version", "semVerLessThan", ["1.2.0"], true)];
  const variations = [
    { variation: 0, weight: 50_000 },
    { variation: 1, weight: 50_000 },
  ];
  return {
    key,
    version: 1,
    on: true,
    variations: [true, false],
    offVariation: 1,
    fallthrough: { variation: 1 },
    salt: "benchmark-salt",
    rules: [
      { id: "1", clauses: first, variation: 0 },
      { id: "2", clauses: second, variation: 0 },
      { id: "3", clauses: third, rollout: { variations } },
    ],
  };
}

export async function peers() {
  const data = new integrations.TestData();
  data.usePreconfiguredSegment(SEGMENT);
  for (const key of KEYS) data.usePreconfiguredFlag(flag(key));
  const client = launchdarkly.init("none", {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: launchdarkly.basicLogger({ level: "none" }),
  });
  await client.waitForInitialization({ timeout: 5 });
  const context = ({ targetingKey, ...attributes }) => ({ kind: "user", key: targetingKey, ...attributes });
  const serveLater = (user) => client.variation(MEASURED, user, false);
  return [{ name: "LaunchDarkly", context, serveLater, close: () => client.close() }];
}
