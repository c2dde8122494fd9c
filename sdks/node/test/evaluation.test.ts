import assert from "node:assert/strict";
import { test } from "node:test";

import type { Value } from "../src/config.gen.js";
import { FeatureFlagClient, type Options } from "../src/index.js";
import { config, flag, HALVES, experiment, Said } from "./sample.js";

const FLAGS = config(
  [
    flag("switch", true),
    flag("color", "red"),
    flag("count", 7),
    flag("ratio", 1, { type: "number", variations: { on: 1.5, off: 2 } }),
    flag("page", { columns: 3, tags: ["a"] }),
    flag("large", { id: 9007199254740993n } as unknown as Value),
    flag("huge", 1, { type: "number", variations: { on: 9007199254740993n as unknown as number, off: 0 } }),
    flag("broken", true, { rules: [{ if: { attribute: "a", operator: "is_telepathic" as "eq", value: 1 }, then: { variation: "on" } }] }),
    flag("split", true, { default: HALVES }),
    flag("described", true, { metadata: { owner: "shop" }, version: 4 }),
    flag("off", true, { enabled: false }),
  ],
  {
    experiments: { checkout: experiment("checkout", "color") },
    remote_configs: { theme: { key: "theme", value: { dark: false } } },
  },
);

function offline(more: Partial<Options> = {}): FeatureFlagClient {
  return new FeatureFlagClient({ envKey: "k", endpoint: [], offline: true, bootstrap: FLAGS, logger: new Said(), ...more });
}

test("each getter serves its type", async () => {
  const client = offline();
  assert.equal(await client.isEnabled("switch", "u1"), true);
  assert.equal(await client.boolean("switch", "u1", false), true);
  assert.ok(["red"].includes(await client.string("color", "u1", "blue")));
  assert.equal(await client.integer("count", "u1", 0), 7);
  assert.equal(await client.integer("count", "u1", 0n), 7n);
  assert.equal(await client.number("count", "u1", 0.5), 7);
  assert.equal(await client.number("ratio", "u1", 0), 1.5);
  assert.deepEqual(await client.object("page", "u1", {}), { columns: 3, tags: ["a"] });
  assert.deepEqual(await client.config("theme", "u1", {}), { dark: false });
  assert.equal(await client.variation("color", "u1", "blue"), "red");
  assert.equal(await client.variation("count", "u1"), 7);
});

test("the twins that don't wait serve the same", () => {
  const client = offline();
  assert.equal(client.isEnabledSync("switch", "u1"), true);
  assert.equal(client.variationSync("color", "u1", "blue"), "red");
  assert.equal(client.variationSync("color", "u1"), "red");
  assert.equal(client.integerSync("count", "u1", 0), 7);
  assert.equal(client.numberSync("ratio", "u1", 0), 1.5);
  assert.deepEqual(client.objectSync("page", "u1", {}), { columns: 3, tags: ["a"] });
  assert.deepEqual(client.configSync("theme", "u1", {}), { dark: false });
  assert.equal(client.detailSync("switch", "u1").variant, "on");
  assert.equal(client.allFlagsSync("u1").size, 12);
  assert.equal(client.explainSync("switch", "u1")?.decision["value"], true);
});

test("another type than the default's is never served", async () => {
  const client = offline();
  const cases: [string, unknown][] = [
    ["switch", "text"],
    ["color", true],
    ["color", 1],
    ["count", "7"],
    ["ratio", 1n],
    ["page", "text"],
    ["switch", {}],
    ["switch", () => 1],
  ];
  for (const [key, otherwise] of cases) {
    const detail = await client.detail(key, "u1", otherwise);
    assert.deepEqual([detail.value, detail.reason, detail.errorCode], [otherwise, "ERROR", "TYPE_MISMATCH"], key);
    assert.equal(client.variationSync(key, "u1", otherwise), otherwise);
  }
  assert.equal((await client.detail("ratio", "u1", 0, "integer")).errorCode, "TYPE_MISMATCH");
  assert.equal((await client.detail("count", "u1", 0, "integer")).value, 7);
});

test("integers of 64 bits are exact where the flag's type has them", async () => {
  const client = offline();
  assert.deepEqual(await client.object("large", "u1", {}), { id: 9007199254740993n });
  assert.equal(await client.number("huge", "u1", 0), 9007199254740992);
});

test("an evaluation that fails serves the default, with a code", async () => {
  const client = offline();
  const cases: [string, unknown, string][] = [
    ["absent", "u1", "FLAG_NOT_FOUND"],
    ["__proto__", "u1", "FLAG_NOT_FOUND"],
    ["broken", "u1", "PARSE_ERROR"],
    ["split", {}, "TARGETING_KEY_MISSING"],
    ["split", undefined, "TARGETING_KEY_MISSING"],
    ["switch", new Proxy({}, { ownKeys: () => { throw new Error("no"); } }), "INVALID_CONTEXT"],
  ];
  for (const [key, user, code] of cases) {
    const detail = await client.detail(key, user as string, false);
    assert.deepEqual([detail.value, detail.reason, detail.errorCode, detail.variant], [false, "ERROR", code, undefined], key);
    assert.ok(detail.errorMessage);
  }
  assert.equal(await client.isEnabled("absent", "u1"), false);
  assert.deepEqual(await client.config("switch", "u1", { own: 1 }), { own: 1 });
  assert.deepEqual(await client.config("page", "u1", { own: 1 }), { own: 1 });
});

test("a flag that is off serves its off variation, not the default", async () => {
  const detail = await offline().detail("off", "u1", true);
  assert.deepEqual([detail.value, detail.variant, detail.reason], [false, "off", "DISABLED"]);
});

test("with nothing held every evaluation says so, and nothing waits offline", async () => {
  const client = new FeatureFlagClient({ envKey: "k", endpoint: [], offline: true });
  assert.equal((await client.detail("switch", "u1", true)).errorCode, "PROVIDER_NOT_READY");
  assert.equal(await client.isEnabled("switch", "u1"), false);
  assert.equal((await client.allFlags("u1")).size, 0);
  assert.equal(await client.explain("switch", "u1"), undefined);
  assert.equal(await client.ready(0.01), false);
  assert.deepEqual([client.status().state, client.status().source, client.status().version], ["offline", "none", undefined]);
});

test("a detail says what is known", async () => {
  const client = offline();
  const detail = await client.detail("described", "u1", false);
  assert.equal(detail.version, 4);
  assert.deepEqual(detail.metadata, { owner: "shop", version: "4" });
  const taking = await client.detail("color", "u1", "blue");
  assert.equal(taking.experiment, "checkout");
  assert.deepEqual(taking.experiments, [{ key: "checkout", phase: 1 }]);
  assert.equal(taking.metadata["experiments"], "checkout:1");
  const split = await client.detail("split", "u1", false);
  assert.equal(split.metadata["split"], "$default");
});

test("nobody can change what others are served, nor the bootstrap after the start", async () => {
  const page = structuredClone(FLAGS);
  const client = offline({ bootstrap: page });
  (page.flags!["page"]!.variations as Record<string, { columns: number }>)["on"]!.columns = 99;
  const served = client.objectSync<{ columns: number }>("page", "u1", { columns: 0 });
  assert.throws(() => (served.columns = 1), TypeError);
  assert.equal(client.objectSync("page", "u2", { columns: 0 }).columns, 3);
});

test("evaluations go on when it is closed", async () => {
  const client = offline();
  await client.close();
  await client.close();
  assert.equal(client.isEnabledSync("switch", "u1"), true);
  assert.equal(client.status().state, "closed");
});
