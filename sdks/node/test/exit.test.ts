import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";

import { flag } from "./sample.js";
import { ScriptedEdge } from "./scripted_edge.js";

const SDK = new URL("../src/index.js", import.meta.url).href;
let edge: ScriptedEdge;

before(async () => {
  edge = await ScriptedEdge.started();
});
after(() => edge.end());
beforeEach(async () => {
  await edge.post("reset");
  await edge.serve({ flags: { switch: flag("switch", true, { report_exposures: true }) } });
});

/** Runs a program that has a client of this edge; gives what it prints, and its exit status. */
async function ran(program: string, endpoint = edge.address, startWait = 5): Promise<{ printed: string; status: number | null }> {
  const source = `import { FeatureFlagClient } from ${JSON.stringify(SDK)};
    const client = new FeatureFlagClient({ envKey: ${JSON.stringify(edge.serverKey)}, endpoint: ${JSON.stringify(endpoint)}, startWait: ${startWait}, logger: { info() {}, warn() {}, error() {} } });
    ${program}`;
  const started = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  started.stdout.on("data", (text) => (printed += String(text)));
  const [status] = (await once(started, "exit")) as [number | null];
  return { printed: printed.trim(), status };
}

test("a program ends when it has nothing left to do, and what it reported has been sent", async () => {
  const { printed, status } = await ran(`
    console.log(await client.isEnabled("switch", "u1"));
    await client.trackMetric("paid", 1, "u1");`);
  assert.deepEqual([printed, status], ["true", 0]);
  assert.equal((await edge.events("exposure")).length, 1);
  assert.equal((await edge.events("metric")).length, 1);
  assert.equal((await edge.events("usage")).length, 1);
});

test("one that made a client and nothing else ends at once", async () => {
  assert.equal((await ran("")).status, 0);
});

test("an evaluation that waits for an edge that is gone keeps the program alive until it is answered", async () => {
  const { printed, status } = await ran('console.log(await client.isEnabled("switch", "u1"), await client.ready());', "http://127.0.0.1:9", 0.3);
  assert.deepEqual([printed, status], ["false false", 0]);
});

test("a program does not hang on events that nobody takes", async () => {
  await edge.put("behaviour", { events: { kind: "status", status: 503 } });
  const { status } = await ran('await client.isEnabled("switch", "u1");');
  assert.equal(status, 0);
});

test("after close nothing is open", async () => {
  const { printed } = await ran(`
    await client.isEnabled("switch", "u1");
    await client.close();
    await new Promise((resolve) => setImmediate(resolve));
    console.log(process.getActiveResourcesInfo().filter((each) => !/Pipe|TTY|Immediate/.test(each)).join(), process.listenerCount("beforeExit"));`);
  assert.equal(printed, "0");
});

test("signals stay the application's", async () => {
  const { printed } = await ran('await client.ready(); console.log(process.listenerCount("SIGTERM"), process.listenerCount("SIGINT"));');
  assert.equal(printed, "0 0");
});
