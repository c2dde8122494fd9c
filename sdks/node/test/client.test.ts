import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { FeatureFlagClient, VERSION, type AnswerChange, type Options, type Paces, type State } from "../src/index.js";
import { experiment, flag, HALVES, Said } from "./sample.js";
import { ScriptedEdge, until, type Seen, type SeenBatch } from "./scripted_edge.js";

const PACES = { retryFirst: 0.02, silence: 0.5 };

let edge: ScriptedEdge;
let said: Said;
let clients: FeatureFlagClient[] = [];

before(async () => {
  edge = await ScriptedEdge.started();
});
after(() => edge.end());
beforeEach(async () => {
  await edge.post("reset");
  await edge.serve({ version: 5, flags: { switch: flag("switch", true), color: flag("color", "red") } });
  said = new Said();
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close(0)));
  clients = [];
});

function started(options: Partial<Options> = {}, paces: Paces = {}): FeatureFlagClient {
  const client = new FeatureFlagClient(
    { envKey: edge.serverKey, endpoint: edge.address, logger: said, ...options },
    { ...PACES, ...paces },
  );
  clients.push(client);
  return client;
}

function serves(client: FeatureFlagClient, key: string, value: unknown): Promise<true> {
  return until(() => client.variationSync(key, "u1") === value || undefined, `${key} = ${String(value)}`) as Promise<true>;
}

test("the first program runs as it is printed", async () => {
  const [envKey, endpoint, user] = [edge.serverKey, edge.address, "user-1"];
  await edge.serve({ flags: { "new-feature": flag("new-feature", true), "button-color": flag("button-color", "red") } });

  const client = new FeatureFlagClient({ envKey, endpoint });
  const enabled = await client.isEnabled("new-feature", user);
  const variation = await client.variation("button-color", user, "blue");
  await client.trackMetric("conversion", 1.0, user);

  assert.deepEqual([enabled, variation], [true, "red"]);
  assert.equal(await client.close(), true);
  const [metric] = await edge.events("metric");
  assert.deepEqual([metric?.["metric"], metric?.["value"], metric?.["user_key"]], ["conversion", 1, "user-1"]);
});

test("it starts with the configuration and one stream that goes on from it", async () => {
  const client = started({ endpoint: `${edge.address}//` });
  assert.equal(await client.isEnabled("switch", "u1"), true);
  await until(() => client.status().mode === "stream");
  const [config, ...configs] = await edge.requests("config");
  const [stream, ...streams] = await edge.requests("stream");
  assert.deepEqual([configs, streams], [[], []]);
  assert.equal(config?.headers["accept-encoding"], "gzip");
  assert.match(stream?.headers["last-event-id"] ?? "", /^5-/);
  for (const request of [config, stream] as Seen[]) {
    assert.equal(request.headers["verdict-sdk"], `node/${VERSION}`);
    assert.match(request.headers["user-agent"] ?? "", /^feature-flag-platform-node\//);
  }
  const status = client.status();
  assert.deepEqual([status.state, status.version, status.source, status.endpoint], ["ready", 5, "edge", edge.address]);
});

test("changes arrive, and are told by what they change", async () => {
  const client = started();
  await client.ready();
  await until(() => client.status().mode === "stream");
  const keys: string[] = [];
  const answers: AnswerChange[] = [];
  const end = client.onChange((flags) => void keys.push(...flags));
  client.onChange((flags) => assert.deepEqual(flags, ["color"]), "color");
  client.onChange((change) => void answers.push(change), undefined, "u1");
  await edge.serve({ version: 6, flags: { switch: flag("switch", true, { description: "new words" }), color: flag("color", "green") } });
  await serves(client, "color", "green");
  assert.deepEqual(keys, ["color"]);
  assert.deepEqual(answers.map(({ flag: key, before: was, after: is }) => [key, was.value, is.value]), [["color", "red", "green"]]);
  assert.deepEqual(said.errors, []);
  end();
  await edge.serve({ version: 7, flags: { color: flag("color", "blue") } });
  await serves(client, "color", "blue");
  assert.deepEqual(keys, ["color"]);
});

test("a stream that ends is resumed, one that is silent is left", async () => {
  const client = started();
  await client.ready();
  await until(async () => (await edge.requests("stream")).length === 1);
  await edge.post("streams", { endpoint: "stream", do: "end" });
  await until(async () => (await edge.requests("stream")).length === 2);
  assert.equal((await edge.requests("config")).length, 1);
  await edge.put("settings", { heartbeat: 60 });
  await until(async () => (await edge.requests("stream")).length >= 3);
  assert.match(client.status().lastError ?? "", /said nothing for 0.5 s/);
});

test("an edge that is down costs nothing, and its newest version is there when it is back", async () => {
  const client = started();
  await client.ready();
  await edge.put("port", { state: "closed" });
  await until(() => client.status().mode === "none");
  assert.equal(await client.isEnabled("switch", "u1"), true);
  await edge.serve({ version: 8, flags: { color: flag("color", "late") } });
  await edge.put("port", { state: "open" });
  await serves(client, "color", "late");
});

for (const kind of ["html", "garbage", "redirect", "unmodified", "cut", "reset"]) {
  test(`what is no configuration (${kind}) is not taken`, async () => {
    await edge.put("behaviour", { config: [{ kind, times: 2 }, "ok"] });
    const client = started();
    assert.equal(await client.isEnabled("switch", "u1"), true);
    assert.ok(((await edge.requests("config")).length ?? 0) >= 3);
  });
}

test("an older version is never taken", async () => {
  const client = started();
  await client.ready();
  await edge.put("behaviour", { config: "older", stream: "older" });
  await edge.post("streams", { endpoint: "stream", do: "end" });
  await until(() => client.status().lastError?.includes("5 is held") || undefined);
  assert.equal(client.status().version, 5);
});

test("where streams can't pass, the configuration is polled", async () => {
  await edge.put("behaviour", { stream: "html" });
  const client = started({ pollInterval: 0.05 });
  await client.ready();
  await until(() => client.status().mode === "poll");
  assert.match(said.warnings.join(), /streams can't pass/);
  await edge.serve({ version: 6, flags: { color: flag("color", "green") } });
  await serves(client, "color", "green");
  const polled = await edge.requests("config");
  assert.ok(polled.some(({ status }) => status === 304));
});

test("polling always opens no stream", async () => {
  const client = started({ polling: "always", pollInterval: 0.05 });
  await client.ready();
  await edge.serve({ version: 6, flags: { color: flag("color", "green") } });
  await serves(client, "color", "green");
  assert.deepEqual(await edge.requests("stream"), []);
  assert.equal(client.status().mode, "poll");
});

test("a key of the other kind is refused once, loudly, and says which package takes it", async () => {
  const client = started({ envKey: edge.clientKey, bootstrap: { salt: "s", flags: { switch: flag("switch", true) } } });
  const states: State[] = [];
  client.onState((state) => void states.push(state));
  await until(() => client.status().state === "refused");
  assert.equal(said.errors.length, 1);
  assert.match(said.errors[0] ?? "", /client key.*@feature-flag-platform\/web/);
  assert.deepEqual(states, ["refused"]);
  assert.equal(await client.isEnabled("switch", "u1"), true);
  await client.trackMetric("paid", 1, "u1");
  assert.deepEqual(client.status().events.dropped, { refused: 1 });
});

test("a key that is unknown ends the attempts", async () => {
  const client = started({ envKey: "srv_unknown" });
  assert.equal((await client.detail("switch", "u1", false)).errorCode, "PROVIDER_NOT_READY");
  assert.equal(client.status().state, "refused");
  assert.match(said.errors.join(), /unknown, revoked or expired/);
  const asked = (await edge.requests("config")).length + (await edge.requests("stream")).length;
  assert.ok(asked <= 1);
});

test("the next address is asked when one fails", async () => {
  const client = started({ endpoint: ["http://127.0.0.1:9", edge.address] });
  assert.equal(await client.isEnabled("switch", "u1"), true);
  assert.equal(client.status().endpoint, edge.address);
});

test("the first evaluation waits, no longer than it should, and only once", async () => {
  await edge.put("behaviour", { config: "silent", environment: "silent" });
  const client = started({ startWait: 0.05 });
  assert.equal((await client.detail("switch", "u1", false)).errorCode, "PROVIDER_NOT_READY");
  const began = performance.now();
  for (let i = 0; i < 20; i += 1) await client.isEnabled("switch", "u1");
  assert.ok(performance.now() - began < 20 * 50);
  assert.equal(client.status().state, "starting");
});

test("a bootstrap is served until the edge has answered", async () => {
  await edge.put("behaviour", { config: [{ kind: "held", times: 1 }, "ok"] });
  const client = started({ bootstrap: { salt: "s", version: 1, flags: { color: flag("color", "boot") } } });
  assert.equal(await client.variation("color", "u1", ""), "boot");
  assert.equal(client.status().source, "bootstrap");
  await edge.post("release");
  await serves(client, "color", "red");
  assert.equal(client.status().source, "edge");
});

test("the store has the newest for a start without an edge, long lists too", async () => {
  const store = await mkdtemp(join(tmpdir(), "ffp-client-"));
  try {
    await edge.serve({
      version: 9,
      flags: { switch: flag("switch", true, { default: { variation: "off" }, rules: [{ if: { segment: "beta" }, then: { variation: "on" } }] }) },
      segments: { beta: { key: "beta" } },
      long_lists: { beta: { included: ["u1", "u2"], excluded: [], depth: 1 } },
    } as object);
    const client = started({ store });
    assert.equal(await client.isEnabled("switch", "u1"), true);
    await client.close();
    const later = started({ store, endpoint: "http://127.0.0.1:9" });
    assert.deepEqual([later.isEnabledSync("switch", "u1"), later.isEnabledSync("switch", "u9")], [true, false]);
    assert.equal(later.status().source, "store");
    const again = started({ store });
    await until(() => again.status().source === "edge" || undefined);
    const [, conditional] = await edge.requests("config");
    assert.equal(conditional?.status, 304);
    assert.equal((await edge.requests("chunk")).length, 2);
  } finally {
    await rm(store, { recursive: true });
  }
});

test("a chunk that is another one than its digest says is not taken", async () => {
  await edge.serve({
    version: 9,
    flags: { switch: flag("switch", true, { rules: [{ if: { segment: "beta" }, then: { variation: "off" } }] }) },
    segments: { beta: { key: "beta" } },
    long_lists: { beta: { included: ["u1"], excluded: [], depth: 0 } },
  } as object);
  await edge.put("behaviour", { chunk: [{ kind: "garbage", times: 2 }, "ok"] });
  const client = started();
  await serves(client, "switch", false);
  assert.ok((await edge.requests("chunk")).length >= 3);
});

test("what it reports arrives: exposures once, metrics, usage", async () => {
  await edge.serve({
    version: 6,
    flags: { color: flag("color", "red", { default: HALVES }), switch: flag("switch", true) },
    experiments: { test: experiment("test", "color") },
  });
  await edge.put("environment", { exposure_attributes: ["plan"] });
  const client = started();
  const user = { key: "u1", attributes: { plan: "pro", email: "a@b" } };
  const detail = await client.detail("color", user, "");
  for (let i = 0; i < 9; i += 1) client.variationSync("color", user);
  await client.isEnabled("switch", user);
  await client.allFlags(user);
  await client.trackExposure("switch", user);
  await client.trackMetric("paid", 12.5, user, { currency: "EUR", at: new Date(0) });
  await client.trackMetric("paid", NaN, user);
  await client.close();

  const exposures = await edge.events("exposure");
  assert.deepEqual(exposures.map(({ flag: key, variation, context }) => [key, variation, context]), [
    ["color", detail.variant, { plan: "pro" }],
    ["switch", "on", { plan: "pro" }],
  ]);
  const [metric] = await edge.events("metric");
  assert.deepEqual(metric?.["properties"], { currency: "EUR", at: "1970-01-01T00:00:00.000Z" });
  const [usage] = await edge.events("usage");
  const counts = new Map((usage?.["counts"] as Record<string, unknown>[]).map((each) => [`${String(each["flag"])} ${String(each["bulk"] ?? "")}`, each["count"]]));
  assert.deepEqual(counts, new Map([["color ", 10], ["color true", 1], ["switch ", 2], ["switch true", 1]]));
  assert.deepEqual(client.status().events, { queued: 0, sent: 4, dropped: { invalid: 1 } });
  const batches = await edge.get<SeenBatch[]>("batches");
  assert.ok(batches.every(({ encoding }) => encoding === "gzip"));
});

test("a batch is sent again with the same ids, until somebody has it", async () => {
  await edge.put("behaviour", { events: [{ kind: "status", status: 503, times: 1 }, { kind: "cut", times: 1 }, { kind: "status", status: 429, times: 1 }, "ok"] });
  const client = started({ usage: false, flushInterval: 0.01 });
  await client.trackMetric("paid", 1, "u1");
  await until(() => client.status().events.sent === 1);
  const batches = await edge.get<SeenBatch[]>("batches");
  assert.equal(batches.length, 4);
  assert.equal(new Set(batches.map(({ ids }) => ids.join())).size, 1);
  assert.equal((await edge.events("metric")).length, 1);
});

test("after another answer a batch is forgotten and counted, and the next one is sent", async () => {
  await edge.put("behaviour", { events: [{ kind: "status", status: 400, times: 1 }, "ok"] });
  const client = started({ usage: false });
  await client.trackMetric("paid", 1, "u1");
  assert.equal(await client.flush(), true);
  await client.trackMetric("paid", 2, "u1");
  assert.equal(await client.flush(), true);
  assert.deepEqual(client.status().events, { queued: 0, sent: 1, dropped: { rejected: 1 } });
});

test("Retry-After is waited for, whoever is in a hurry", async () => {
  await edge.put("behaviour", { events: [{ kind: "status", status: 503, retry_after: 1, times: 1 }, "ok"] });
  const client = started({ usage: false });
  await client.trackMetric("paid", 1, "u1");
  assert.equal(await client.flush(0.2), false);
  assert.equal(await client.flush(0.2), false);
  assert.equal((await edge.get<SeenBatch[]>("batches")).length, 1);
  assert.equal(await client.flush(10), true);
});

test("events go where the option says, else where the edge says", async () => {
  await edge.put("environment", { events_url: `${edge.address}/` });
  const client = started({ usage: false, endpoint: edge.address });
  await client.trackMetric("paid", 1, "u1");
  assert.equal(await client.flush(), true);
  const elsewhere = started({ usage: false, eventsEndpoint: "http://127.0.0.1:9" });
  await elsewhere.trackMetric("paid", 1, "u1");
  assert.equal(await elsewhere.flush(0.2), false);
  assert.equal(await elsewhere.close(0.05), false);
  assert.deepEqual(elsewhere.status().events.dropped, { closed: 1 });
});

test("exposures can be left to the application, or off", async () => {
  await edge.serve({ version: 6, flags: { color: flag("color", "red", { report_exposures: true }) } });
  const manual = started({ exposures: "manual", usage: false });
  await manual.variation("color", "u1");
  assert.equal(manual.status().events.queued, 0);
  await manual.trackExposure("color", "u1");
  assert.equal(manual.status().events.queued, 1);
  const off = started({ exposures: "off", usage: false });
  await off.variation("color", "u1");
  await off.trackExposure("color", "u1");
  assert.equal(off.status().events.queued, 0);
});

test("the key in a request is never in what is logged", async () => {
  await edge.put("behaviour", { all: { kind: "status", status: 500 } });
  const client = started({ startWait: 0.2 });
  await client.isEnabled("switch", "u1");
  const logged = [...said.infos, ...said.warnings, ...said.errors].join();
  assert.ok(logged.length > 0);
  assert.ok(!logged.includes(edge.serverKey));
});
