import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { contextOf, type User } from "../src/user.js";
import { FlagSet } from "../src/engine/index.js";
import { Exposures } from "../src/events/exposures.js";
import { Private } from "../src/events/attributes.js";
import { Keys, uuid7 } from "../src/events/identity.js";
import { measured } from "../src/events/metrics.js";
import { EventQueue } from "../src/events/queue.js";
import { Usage } from "../src/events/usage.js";
import { OnceLogger } from "../src/logger.js";
import { ANY, BOOLEAN, Outcomes, type Outcome } from "../src/outcome.js";
import { config, experiment, flag, HALVES, Said } from "./sample.js";

const NOW = Date.UTC(2026, 0, 5, 10);
const FLAGS = FlagSet.from(
  config(
    [
      flag("plain", true),
      flag("split", true, { default: HALVES }),
      flag("reported", true, { report_exposures: true, exposure_attributes: ["country", "address.city", "email"] }),
      flag("tested", true),
      flag("byCompany", true, { report_exposures: true, default: { rollout: { ...HALVES.rollout, bucket_by: "company" } } }),
    ],
    {
      experiments: { test: experiment("test", "tested"), themes: { ...experiment("themes", "theme"), start_at: NOW, traffic: 0 } },
      remote_configs: { theme: { key: "theme", value: { dark: false } } },
    },
  ),
);

type Event = Record<string, any>;

function exposing(more: { secret?: string; hidden?: string[]; names?: string[] } = {}): {
  report: (key: string, user: User, force?: boolean) => void;
  events: Event[];
  lost: string[];
} {
  const events: Event[] = [];
  const lost: string[] = [];
  const once = new OnceLogger(new Said());
  const exposures = new Exposures({
    keys: new Keys(more.secret),
    isPrivate: new Private(more.hidden ?? []),
    exposureAttributes: () => more.names ?? [],
    put: (event) => events.push(event) > 0,
    drop: (loss) => void lost.push(loss),
    once,
  });
  const outcomes = new Outcomes();
  const report = (key: string, user: User, force = false): void => {
    const context = contextOf(user, once);
    const outcome = outcomes.of(FLAGS.evaluate(key, context, NOW), (name) => FLAGS.flag(name));
    if (force) exposures.report(outcome, context, NOW);
    else exposures.consider(outcome, context, NOW);
  };
  return { report, events, lost };
}

test("an evaluation is an exposure with an experiment, where the flag says so, and while one is under way on a config", () => {
  const { report, events } = exposing();
  for (const key of ["plain", "split", "absent", "reported", "tested", "theme"]) report(key, "u1");
  assert.deepEqual(events.map(({ flag: key }) => key), ["reported", "tested", "theme"]);
  report("tested", {});
  assert.equal(events.length, 3);
  report("plain", "u1", true);
  assert.deepEqual(JSON.parse(JSON.stringify(events[3])), {
    type: "exposure",
    event_id: events[3]!["event_id"],
    timestamp: "2026-01-05T10:00:00.000Z",
    user_key: "u1",
    flag: "plain",
    variation: "on",
    experiments: [],
    config_version: 0,
    context: {},
  });
});

test("it says what belongs to it", () => {
  const { report, events } = exposing({ names: ["plan"] });
  report("tested", { key: "u1", attributes: { plan: "pro" } });
  report("byCompany", { key: "u1", attributes: { company: "acme" } });
  const [tested, byCompany] = events as [Event, Event];
  assert.equal(tested["experiment"], "test");
  assert.deepEqual(tested["experiments"], [{ key: "test", phase: 1 }]);
  assert.deepEqual({ ...tested["context"] }, { plan: "pro" });
  assert.equal(byCompany["unit_key"], "acme");
  assert.equal(byCompany["split"], "$default");
  assert.ok(!("experiment" in byCompany));
});

test("attributes are those that are named, short and plain", () => {
  const { report, events } = exposing();
  report("reported", { key: "u1", attributes: { country: "NO", address: { city: "Oslo", street: "x" }, email: "a".repeat(257), other: 1 } });
  assert.deepEqual(JSON.parse(JSON.stringify(events[0]!["context"])), { country: "NO", address: { city: "Oslo" } });
});

test("private attributes never leave the process, not even as a unit", () => {
  const { report, events, lost } = exposing({ hidden: ["address", "email", "company"] });
  report("reported", { key: "u1", attributes: { country: "NO", address: { city: "Oslo" }, email: "a@b" } });
  report("byCompany", { key: "u1", attributes: { company: "acme" } });
  assert.deepEqual(JSON.parse(JSON.stringify(events[0]!["context"])), { country: "NO" });
  assert.equal(events.length, 2);
  assert.equal(events[1]!["unit_key"], undefined);
  assert.deepEqual(lost, []);
});

test("keys are hashed where there is a secret", () => {
  const hash = (key: string): string => createHmac("sha256", "secret").update(key).digest("hex");
  const { report, events } = exposing({ secret: "secret", names: ["targetingKey"] });
  report("byCompany", { key: "u1", attributes: { company: "acme" } });
  assert.equal(events[0]!["user_key"], hash("u1"));
  assert.equal(events[0]!["unit_key"], hash("acme"));
  assert.ok(!JSON.stringify(events).includes('"u1"'));
  const keys = new Keys("secret");
  const made = measured("paid", 1, "u1", {}, { keys, isPrivate: new Private([]), now: NOW });
  assert.equal("event" in made && (made.event as Event)["user_key"], hash("u1"));
});

test("each is reported once in ten minutes", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const { report, events } = exposing();
  report("reported", "u1");
  report("reported", "u2");
  report("reported", { key: "u1", attributes: { country: "NO" } });
  now = 599_999;
  report("reported", "u1");
  assert.equal(events.length, 2);
  now = 600_001;
  report("reported", "u1");
  report("reported", "u1");
  assert.equal(events.length, 3);
});

test("of those that are remembered the older half is forgotten", () => {
  const { report, events } = exposing();
  for (let i = 0; i < 100_001; i += 1) report("reported", `u${i}`);
  const before = events.length;
  report("reported", "u100000");
  report("reported", "u60000");
  assert.equal(events.length, before);
  report("reported", "u0");
  assert.equal(events.length, before + 1);
});

test("an exposure that the queue does not take is none that was reported", () => {
  const events: Event[] = [];
  let room = false;
  const once = new OnceLogger(new Said());
  const exposures = new Exposures({
    keys: new Keys(undefined),
    isPrivate: new Private([]),
    exposureAttributes: () => [],
    put: (event) => room && events.push(event) > 0,
    drop: () => undefined,
    once,
  });
  const outcome = new Outcomes().of(FLAGS.evaluate("reported", { targetingKey: "u1" }, NOW), (key) => FLAGS.flag(key));
  exposures.report(outcome, { targetingKey: "u1" }, NOW);
  room = true;
  exposures.report(outcome, { targetingKey: "u1" }, NOW);
  assert.equal(events.length, 1);
});

test("a metric's value is a finite number or absent, and its properties are JSON without private ones", () => {
  const made = (value: unknown, name: unknown = "paid", user: unknown = "u1"): Event | string => {
    const told = measured(name, value, user as string, { a: 1, email: "x", deep: { email: "y" } }, {
      keys: new Keys(undefined),
      isPrivate: new Private(["email", "deep.email"]),
      now: NOW,
    });
    return "event" in told ? told.event : told.wrong;
  };
  assert.deepEqual(JSON.parse(JSON.stringify({ ...(made(1.5) as Event), event_id: "" })), {
    type: "metric",
    event_id: "",
    timestamp: "2026-01-05T10:00:00.000Z",
    user_key: "u1",
    metric: "paid",
    value: 1.5,
    properties: { a: 1, deep: {} },
  });
  assert.ok(!("value" in (made(undefined) as Event)));
  for (const value of [NaN, Infinity, -Infinity, 2e15, "1", null, {}]) assert.equal(typeof made(value), "string", String(value));
  assert.equal(typeof made(1, ""), "string");
  assert.equal(typeof made(1, "n".repeat(129)), "string");
  assert.equal(typeof made(1, "paid", ""), "string");
  assert.equal(typeof made(1, "paid", null), "string");
});

test("ids are UUIDs of version 7, in the order of time", () => {
  const ids = Array.from({ length: 2_000 }, (_, i) => uuid7(NOW + i));
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(parseInt(ids[0]!.slice(0, 13).replace("-", ""), 16), NOW);
});

test("usage adds up by flag, variation, reason and error", () => {
  const outcomes = new Outcomes();
  const of = (key: string, wanted = ANY): Outcome => {
    const outcome = outcomes.of(FLAGS.evaluate(key, { targetingKey: "u1" }, NOW), (name) => FLAGS.flag(name));
    return outcome.serves & wanted ? outcome : outcome.mismatch(wanted);
  };
  const usage = new Usage(NOW);
  for (let i = 0; i < 3; i += 1) usage.count(of("plain"), false);
  usage.count(of("plain"), true);
  for (let i = 0; i < 2; i += 1) usage.count(of("plain", BOOLEAN << 1), false);
  for (let i = 0; i < 2; i += 1) usage.count(of("absent"), false);
  for (let i = 0; i < 300; i += 1) usage.count(of(`absent-${i}`), false);
  const [event, ...more] = usage.take(NOW + 60_000) as Event[];
  assert.equal(more.length, 0);
  assert.equal(event!["timestamp"], "2026-01-05T10:00:00.000Z");
  const counts = (event!["counts"] as Event[]).map(({ sdk, ...count }) => count);
  const has = (expected: Event): void =>
    assert.ok(counts.some((count) => JSON.stringify(Object.entries(count).sort()) === JSON.stringify(Object.entries(expected).sort())), JSON.stringify(expected));
  has({ flag: "plain", variation: "on", reason: "STATIC", count: 3 });
  has({ flag: "plain", variation: "on", reason: "STATIC", count: 1, bulk: true });
  has({ flag: "plain", reason: "ERROR", error: "TYPE_MISMATCH", count: 2 });
  has({ flag: "absent", reason: "ERROR", error: "FLAG_NOT_FOUND", count: 2 });
  has({ flag: "", reason: "ERROR", error: "FLAG_NOT_FOUND", count: 201 });
  assert.deepEqual(usage.take(NOW), []);
});

test("a usage event is one that an ingestor takes, however much was counted", () => {
  const flags = FlagSet.from(config(Array.from({ length: 2_000 }, (_, i) => flag(`flag-with-a-long-name-${i}`, true))));
  const outcomes = new Outcomes();
  const usage = new Usage(NOW);
  for (const key of flags.keys) usage.count(outcomes.of(flags.evaluate(key, {}, NOW), (name) => flags.flag(name)), false);
  const events = usage.take(NOW) as Event[];
  assert.equal(events.reduce((sum, { counts }) => sum + (counts as unknown[]).length, 0), 2_000);
  for (const event of events) {
    assert.ok((event["counts"] as unknown[]).length <= 500);
    assert.ok(JSON.stringify(event).length < 32 * 1024);
  }
});

test("a queue that is full drops the newest, and batches are small enough", () => {
  const queue = new EventQueue(5, 3);
  for (let i = 0; i < 7; i += 1) queue.put({ i }, JSON.stringify);
  assert.equal(queue.length, 5);
  assert.deepEqual(queue.dropped, { queue_full: 2 });
  assert.deepEqual(queue.take(), ['{"i":0}', '{"i":1}', '{"i":2}']);
  assert.equal(queue.length, 5);
  queue.done();
  assert.deepEqual(queue.take(), ['{"i":3}', '{"i":4}']);
  queue.done();
  assert.equal(queue.take(), undefined);
  assert.equal(queue.put({ text: "a".repeat(33_000) }, JSON.stringify), false);
  assert.equal((queue.dropped as Record<string, number>)["too_large"], 1);

  const heavy = new EventQueue(10_000, 500);
  for (let i = 0; i < 100; i += 1) heavy.put({ text: "a".repeat(30_000) }, JSON.stringify);
  let taken = 0;
  for (let batch = heavy.take(); batch; batch = heavy.take()) {
    assert.ok(`[${batch.join()}]`.length <= 900_000);
    taken += batch.length;
  }
  assert.equal(taken, 100);
});

