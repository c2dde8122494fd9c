import assert from "node:assert/strict";
import { test } from "node:test";

import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";

import { InMemoryProvider } from "../src/testing.js";

test("rules said fluently decide", async () => {
  const provider = new InMemoryProvider()
    .flag("new-checkout", { on: true }).serve("on", { country: "NO" }).target("on", "vip").otherwise("off")
    .flag("color", { variations: { red: "red", blue: "blue" } })
    .serve("blue", { country: ["SE", "DK"], version: { semver_gte: "2.0" } })
    .flag("halves").split({ on: 50, off: 50 })
    .flag("gone", { on: false })
    .config("theme", { dark: false, size: 1 }).override({ dark: true }, { plan: "pro" });
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  const on = (key: string, context: object): Promise<boolean> => client.getBooleanValue(key, false, { targetingKey: "u1", ...context });
  assert.deepEqual([await on("new-checkout", { country: "NO" }), await on("new-checkout", { country: "US" })], [true, false]);
  assert.equal(await on("new-checkout", { targetingKey: "vip" }), true);
  assert.equal(await on("gone", {}), false);
  const color = (context: object): Promise<string> => client.getStringValue("color", "", { targetingKey: "u1", ...context });
  assert.deepEqual([await color({ country: "SE", version: "2.1.0" }), await color({ country: "SE", version: "1.9" })], ["blue", "red"]);
  assert.equal((await client.getBooleanDetails("halves", false, { targetingKey: "u1" })).reason, "SPLIT");
  assert.deepEqual(await client.getObjectValue("theme", {}, { plan: "pro" }), { dark: true, size: 1 });

  const changed: string[] = [];
  OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, (details) => void changed.push(...((details as { flagsChanged?: string[] } | undefined)?.flagsChanged ?? [])));
  provider.flag("gone", { on: true }).remove("halves");
  assert.equal(await on("gone", {}), true);
  assert.equal((await client.getBooleanDetails("halves", false)).errorCode, "FLAG_NOT_FOUND");
  assert.deepEqual(changed, ["gone", "halves"]);

  client.track("paid", { targetingKey: "u1" }, { value: 2 });
  assert.deepEqual(provider.tracked.map(({ name, details }) => [name, details.value]), [["paid", 2]]);
  await OpenFeature.close();
});

test("what is said of no flag is an error at once", () => {
  assert.throws(() => new InMemoryProvider().serve("on"), TypeError);
  assert.throws(() => new InMemoryProvider().override({}, {}), TypeError);
  assert.throws(() => new InMemoryProvider().flag("none", { variations: {} }), TypeError);
});

test("a client of the same flags is there for code that uses the SDK itself", async () => {
  const client = new InMemoryProvider().flag("new-checkout").serve("on", { country: "NO" }).otherwise("off").client();
  assert.equal(client.isEnabledSync("new-checkout", { key: "u1", attributes: { country: "NO" } }), true);
  await client.close();
});
