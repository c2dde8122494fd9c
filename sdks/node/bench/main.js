/**
 * This SDK beside those of others: nanoseconds of the processor and bytes for one flag, evaluated in this process.
 *
 *     npm run build && npm ci --prefix bench && node bench/main.js [--rounds 11] [--json]
 *
 * Every SDK holds 50 flags that say the same in its own words: three rules of two conditions, one of them a segment of
 * four, the last one a split in halves; a user has six attributes. Before anything is timed, each must serve every kind
 * of user as the rules say. Then all are measured in turns, round after round; shown is the median of the rounds. No
 * connection is opened: one that is tried ends the run. Exits 1 if this SDK isn't faster than each of the others in each
 * column: without a promise where the other needs none, awaited where it gives one.
 */

import { spawnSync } from "node:child_process";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { EXPECTED, FIRST, SPLIT } from "./flags.js";

const FILES = ["own", "growthbook", "launchdarkly", "unleash", "flagd"];
const MILLISECONDS_PER_TURN = 30;
const WARMING_MILLISECONDS = 150;
const COUNTED = 10_000;
const USERS = 1000;
/** What one turn may leave behind, so that none of it is collected while it is counted. */
const YOUNG_MEBIBYTES = 512;

/** From now on, connecting to anything ends the process. */
function offline() {
  net.Socket.prototype.connect = (...to) => {
    process.stderr.write(`an SDK tried to connect to ${JSON.stringify(to[0])}\n`);
    process.exit(1);
  };
}

async function served(peer, user) {
  const context = peer.context(user);
  return peer.serveLater ? await peer.serveLater(context) : peer.serve(context);
}

/** Throws unless the peer serves the flag as its rules say, and splits users in halves. */
async function check(peer) {
  for (const [name, [user, expected]] of Object.entries(EXPECTED)) {
    const value = await served(peer, user);
    if (value !== expected) throw new Error(`${peer.name} serves ${value} to a user of: ${name}`);
  }
  let on = 0;
  for (let number = 0; number < USERS; number++) {
    on += Number(await served(peer, { ...SPLIT, targetingKey: `user-${number}` }));
  }
  if (on < 0.4 * USERS || on > 0.6 * USERS) throw new Error(`${peer.name} serves the variation of one half to ${on} of ${USERS}`);
}

/** What is timed, by column: each does so many evaluations. */
function columnsOf({ context, serve, serveLater }) {
  const whole = serveLater
    ? async (calls) => { for (let i = 0; i < calls; i++) await serveLater(context(SPLIT)); }
    : (calls) => { for (let i = 0; i < calls; i++) serve(context(SPLIT)); };
  const ready = (user) => {
    const asked = context(user);
    return serveLater
      ? async (calls) => { for (let i = 0; i < calls; i++) await serveLater(asked); }
      : (calls) => { for (let i = 0; i < calls; i++) serve(asked); };
  };
  return { split: whole, "split, context ready": ready(SPLIT), "first rule, context ready": ready(FIRST) };
}

/** Of the processor for each evaluation, the collection of what it left behind included. */
async function nanoseconds(turn, calls) {
  const began = process.cpuUsage();
  await turn(calls);
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1000) / calls;
}

/** Bytes that an evaluation leaves behind. */
async function bytes(turn) {
  await turn(COUNTED);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  await turn(COUNTED);
  return Math.max(0, process.memoryUsage().heapUsed - before) / COUNTED;
}

async function measured(peers, rounds) {
  const turns = peers.flatMap((peer) =>
    Object.entries(columnsOf(peer)).map(([column, turn]) => ({ peer, column, turn, times: [] })),
  );
  for (const each of turns) {
    let took = 1e6;
    for (const end = Date.now() + WARMING_MILLISECONDS; Date.now() < end; ) took = await nanoseconds(each.turn, 500);
    each.calls = Math.max(1, Math.round((MILLISECONDS_PER_TURN * 1e6) / Math.max(took, 50)));
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of turns) each.times.push(await nanoseconds(each.turn, each.calls));
  }
  const rows = [];
  for (const { peer, column, turn, times } of turns) {
    rows.push({ engine: peer.name, column, nanoseconds: median(times), bytes: Math.round(await bytes(turn)) });
  }
  return rows;
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length / 2)]);
}

function table(rows) {
  const lines = rows.map((row) => [row.engine, row.column, String(row.nanoseconds), String(row.bytes)]);
  const all = [["engine", "column", "ns", "bytes"], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column].length)));
  return all.map((line) => line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  ")).join("\n");
}

/** The rows of others that this SDK does not beat. */
function notBeaten(rows, peers) {
  const later = new Set(peers.filter((peer) => peer.serveLater).map((peer) => peer.name));
  return rows.filter((row) => {
    if (row.engine.startsWith("this SDK")) return false;
    const own = later.has(row.engine) ? "this SDK, awaited" : "this SDK";
    return row.nanoseconds <= rows.find((each) => each.engine === own && each.column === row.column).nanoseconds;
  });
}

async function main() {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" }, json: { type: "boolean" } } });
  offline();
  const peers = [];
  for (const file of FILES) peers.push(...(await (await import(`./peers/${file}.js`)).peers()));
  for (const peer of peers) await check(peer);
  const rows = await measured(peers, Number(values.rounds));
  process.stdout.write(`${values.json ? JSON.stringify({ rows }) : table(rows)}\n`);
  const slower = notBeaten(rows, peers);
  for (const { engine, column } of slower) process.stderr.write(`not faster than ${engine}: ${column}\n`);
  for (const peer of peers) await peer.close?.();
  process.exit(slower.length > 0 ? 1 : 0);
}

if (globalThis.gc === undefined) {
  const flags = ["--expose-gc", `--max-semi-space-size=${YOUNG_MEBIBYTES}`, `--min-semi-space-size=${YOUNG_MEBIBYTES}`];
  const self = fileURLToPath(import.meta.url);
  const run = spawnSync(process.execPath, [...flags, self, ...process.argv.slice(2)], { stdio: "inherit" });
  process.exit(run.status ?? 1);
} else {
  await main();
}
