import assert from "node:assert/strict";
import { test } from "node:test";

import type { Config, Flag } from "../src/config.gen.js";
import { FlagSet } from "../src/engine/index.js";

const ON_OFF = { type: "boolean", variations: { on: true, off: false }, off_variation: "off" } as const;

function flag(key: string, more: Partial<Flag> = {}): Flag {
  return { key, ...ON_OFF, default: { variation: "on" }, ...more };
}

const IN_BETA = { if: { segment: "beta" }, then: { variation: "off" } };
const DOCUMENT: Config = {
  salt: "salt",
  version: 1,
  flags: {
    plain: flag("plain"),
    asking: flag("asking", { rules: [IN_BETA] }),
    dependent: flag("dependent", { prerequisites: [{ flag: "asking", variation: "on" }] }),
    tested: flag("tested"),
  },
  segments: {
    beta: { key: "beta", if: { segment: "inner" } },
    inner: { key: "inner", included: ["ann"] },
  },
};
const EXPERIMENT = {
  key: "test",
  flag: "tested",
  mode: "assigns" as const,
  variations: [{ key: "off", weight: 100 }],
  start_at: 0,
};
const ANN = { targetingKey: "ann" };
const BOB = { targetingKey: "bob" };

function value(set: FlagSet, key: string, context = BOB): unknown {
  return set.evaluate(key, context, 0).value;
}

test("equal answers are one object, and an edit leaves those of other flags alone", () => {
  const before = FlagSet.from(DOCUMENT);
  const after = before.with({ version: 2, flags: { asking: flag("asking", { default: { variation: "off" } }) } });
  assert.equal(before.evaluate("plain", ANN, 0), before.evaluate("plain", BOB, 5));
  assert.equal(after.evaluate("plain", ANN, 0), before.evaluate("plain", ANN, 0));
  assert.deepEqual([value(before, "asking"), value(after, "asking"), after.version], [true, false, 2]);
});

test("what a change concerns: its flags, and those behind which it is", () => {
  const before = FlagSet.from(DOCUMENT);
  const changes: [string, Parameters<FlagSet["with"]>[0], string[]][] = [
    ["nothing", { version: 2 }, []],
    ["a version", { version: 2, versions: { plain: 2 } }, []],
    ["texts for people", { version: 2, flags: { plain: flag("plain", { description: "x", metadata: { a: 1 } }) } }, []],
    ["a flag", { version: 2, flags: { plain: flag("plain", { enabled: false }) } }, ["plain"]],
    ["a prerequisite", { version: 2, flags: { asking: flag("asking") } }, ["asking", "dependent"]],
    ["a segment in a segment", { version: 2, segments: { inner: null } }, ["asking", "dependent"]],
    ["an experiment", { version: 2, experiments: { test: EXPERIMENT } }, ["tested"]],
    ["a flag that goes", { version: 2, flags: { tested: null } }, ["tested"]],
    ["a flag that comes", { version: 2, flags: { fresh: flag("fresh") } }, ["fresh"]],
  ];
  for (const [name, change, keys] of changes) {
    const after = before.with(change);
    assert.deepEqual(after.changedSince(before).sort(), keys, name);
    assert.deepEqual(before.changedSince(after).sort(), keys, `${name}, back`);
  }
});

test("the versions of a change become those of answers", () => {
  const before = FlagSet.from(DOCUMENT);
  const after = before.with({ version: 9, versions: { plain: 9, absent: 9 } });
  assert.deepEqual([before.evaluate("plain", BOB, 0).version, after.evaluate("plain", BOB, 0).version], [0, 9]);
  assert.equal(after.flag("plain")?.version, 9);
  assert.equal(after.evaluate("tested", BOB, 0), before.evaluate("tested", BOB, 0));
});

test("a set by changes answers as one from a whole document", () => {
  const changed = FlagSet.from(DOCUMENT)
    .with({ version: 2, segments: { inner: null }, experiments: { test: EXPERIMENT } })
    .with({ version: 3, segments: { inner: { key: "inner", excluded: ["bob"], if: { segment: "beta" } } } })
    .with({ version: 4, flags: { plain: null } });
  const { plain: _gone, ...flags } = DOCUMENT.flags ?? {};
  const segments = { ...DOCUMENT.segments, inner: { key: "inner", excluded: ["bob"], if: { segment: "beta" } } };
  const whole = FlagSet.from({ salt: "salt", version: 4, flags, segments, experiments: { test: EXPERIMENT } });
  assert.deepEqual([...changed.keys].sort(), [...whole.keys].sort());
  for (const key of [...changed.keys, "plain"]) {
    for (const context of [ANN, BOB, {}]) {
      assert.deepEqual(changed.evaluate(key, context, 0), whole.evaluate(key, context, 0), key);
    }
  }
});

test("what names something absent is an error until it arrives, and again when it goes", () => {
  const { beta, ...others } = DOCUMENT.segments ?? {};
  const without = FlagSet.from({ ...DOCUMENT, segments: others });
  assert.equal(without.evaluate("asking", BOB, 0).errorCode, "PARSE_ERROR");
  assert.equal(without.evaluate("dependent", BOB, 0).errorCode, "PARSE_ERROR");
  const there = without.with({ version: 2, segments: { beta: beta! } });
  assert.deepEqual([value(there, "asking", ANN), value(there, "asking", BOB)], [false, true]);
  assert.equal(there.with({ version: 3, segments: { inner: null } }).evaluate("asking", BOB, 0).errorCode, "PARSE_ERROR");
});

test("what was good of an entity that can't be read any more stays, and is told", () => {
  const broken = flag("asking", { rules: [{ if: { attribute: "a", operator: "later" as "eq", value: 1 }, then: { variation: "on" } }] });
  const before = FlagSet.from(DOCUMENT);
  const whole = { ...DOCUMENT, version: 2, flags: { ...DOCUMENT.flags, asking: broken } };
  const change = { version: 2, flags: { asking: broken }, segments: { inner: { key: "inner", included: [7 as unknown as string] } } };
  for (const after of [before.with(change), FlagSet.from(whole, before)]) {
    assert.equal(value(after, "asking", ANN), false);
    const [defect] = after.defects;
    assert.deepEqual([defect?.kind, defect?.key, defect?.field], ["flag", "asking", "rules[0].if.operator"]);
  }
  const fresh = FlagSet.from(whole);
  assert.equal(fresh.evaluate("asking", ANN, 0).errorCode, "PARSE_ERROR");
  assert.equal(fresh.evaluate("dependent", ANN, 0).errorCode, "PARSE_ERROR");
  assert.equal(value(fresh, "plain"), true);
  const mended = before.with(change).with({ version: 3, flags: { asking: flag("asking") }, segments: { inner: null } });
  assert.deepEqual([value(mended, "asking", ANN), mended.defects.length], [true, 0]);
});

test("an experiment that can't be read stays what it was, or makes its flag an error", () => {
  const broken = { ...EXPERIMENT, variations: [{ key: "off", weight: 99 }] };
  const running = FlagSet.from({ ...DOCUMENT, experiments: { test: EXPERIMENT } });
  const kept = running.with({ version: 2, experiments: { test: broken } });
  assert.deepEqual([kept.evaluate("tested", BOB, 0).experiment, kept.defects[0]?.kind], ["test", "experiment"]);
  const fresh = FlagSet.from({ ...DOCUMENT, experiments: { test: broken } });
  assert.equal(fresh.evaluate("tested", BOB, 0).errorCode, "PARSE_ERROR");
  const gone = fresh.with({ version: 2, experiments: { test: null } });
  assert.deepEqual([value(gone, "tested"), gone.defects], [true, []]);
});

test("flag and experiment that don't fit: what was good of both goes on, until both fit", () => {
  const before = FlagSet.from({ ...DOCUMENT, experiments: { test: EXPERIMENT } });
  const without = flag("tested", { variations: { on: true, no: false }, off_variation: "no" });
  const needing = flag("needing", { prerequisites: [{ flag: "tested", variation: "off" }] });
  const flags = { ...DOCUMENT.flags, tested: without, needing };
  const whole = FlagSet.from({ ...DOCUMENT, version: 2, flags, experiments: { test: EXPERIMENT } }, before);
  const changed = before.with({ version: 2, flags: { tested: without, needing } });
  for (const kept of [whole, changed]) {
    assert.equal(kept.evaluate("tested", BOB, 0), before.evaluate("tested", BOB, 0));
    assert.equal(value(kept, "needing"), true);
    assert.deepEqual(kept.defects.map(({ kind, key }) => [kind, key]), [["flag", "tested"]]);
    assert.deepEqual(kept.changedSince(before), ["needing"]);
    const still = kept.with({ version: 3, flags: { plain: null } });
    assert.equal(still.evaluate("tested", BOB, 0), before.evaluate("tested", BOB, 0));
    const fits = still.with({ version: 4, experiments: { test: { ...EXPERIMENT, variations: [{ key: "no", weight: 100 }] } } });
    assert.deepEqual([fits.evaluate("tested", BOB, 0).variation, fits.evaluate("tested", BOB, 0).experiment], ["no", "test"]);
    assert.deepEqual(fits.evaluate("needing", BOB, 0).errorCode, "PARSE_ERROR");
    assert.deepEqual(still.with({ version: 4, experiments: { test: null } }).evaluate("tested", BOB, 0).variation, "on");
    assert.equal(still.with({ version: 4, flags: { tested: null } }).evaluate("tested", BOB, 0).errorCode, "FLAG_NOT_FOUND");
  }
});

test("an experiment that can't be evaluated holds back its flag, one that can't be read does not", () => {
  const before = FlagSet.from({ ...DOCUMENT, experiments: { test: EXPERIMENT } });
  const flags = { tested: flag("tested", { enabled: false }) };
  const unusable = before.with({ version: 2, flags, experiments: { test: { ...EXPERIMENT, variations: [] } } });
  assert.equal(unusable.evaluate("tested", BOB, 0), before.evaluate("tested", BOB, 0));
  const shapeless = before.with({ version: 2, flags, experiments: { test: { ...EXPERIMENT, start_at: "x" as never } } });
  assert.equal(shapeless.evaluate("tested", BOB, 0).reason, "DISABLED");
  for (const set of [unusable, shapeless]) assert.deepEqual(set.defects.map(({ key }) => key), ["test"]);
});

test("a flag that names a segment that can't be evaluated stays what it was until that can be", () => {
  const before = FlagSet.from(DOCUMENT);
  const odd = { key: "odd", if: { attribute: "a", operator: "later" as "eq", value: 1 } };
  const flags = { plain: flag("plain", { rules: [{ if: { segment: "odd" }, then: { variation: "off" } }] }) };
  const kept = before.with({ version: 2, flags, segments: { odd } });
  assert.deepEqual([value(kept, "plain"), kept.defects.map(({ key }) => key)], [true, ["odd", "plain"]]);
  const mended = kept.with({ version: 3, segments: { odd: { key: "odd", included: ["bob"] } } });
  assert.deepEqual([value(mended, "plain"), mended.defects], [false, []]);
  const gone = kept.with({ version: 3, segments: { odd: null } });
  assert.equal(gone.evaluate("plain", BOB, 0).errorCode, "PARSE_ERROR");
});

test("only what is no document at all is refused", () => {
  for (const document of [null, [], 7, {}, { salt: 1 }, { salt: "", algorithm: "md5" }, { salt: "", flags: [] }]) {
    assert.throws(() => FlagSet.from(document as unknown as Config), { name: "InvalidConfig" });
  }
  for (const change of [null, {}, { version: "2" }, { version: 2, flags: [] }]) {
    assert.throws(() => FlagSet.from(DOCUMENT).with(change as never), { name: "InvalidConfig" });
  }
  const odd = { salt: "", flags: { a: null, b: 7, c: {}, d: flag("e") } };
  assert.deepEqual(FlagSet.from(odd as unknown as Config).defects.map(({ key }) => key), ["b", "c", "d"]);
});

test("another salt is another set", () => {
  const before = FlagSet.from(DOCUMENT);
  const after = FlagSet.from({ ...DOCUMENT, salt: "other" }, before);
  assert.deepEqual(after.changedSince(before).sort(), [...before.keys].sort());
});

test("what is known of a flag", () => {
  const set = FlagSet.from({
    ...DOCUMENT,
    experiments: { test: { ...EXPERIMENT, stop_at: 10 } },
    remote_configs: { page: { key: "page", value: { a: 1 }, client_visible: true } },
  });
  assert.deepEqual([set.flag("tested")?.hasExperiments, set.flag("plain")?.hasExperiments], [true, false]);
  const later = { ...EXPERIMENT, start_at: 5, stop_at: 10 };
  const underWay = (mode: "assigns" | "observes", now: number): boolean | undefined =>
    FlagSet.from({ ...DOCUMENT, experiments: { test: { ...later, mode } } }).flag("tested")?.experimentUnderWay(now);
  assert.deepEqual([4, 5, 9, 10].map((now) => underWay("assigns", now)), [false, true, true, false]);
  assert.equal(underWay("observes", 5), false);
  const page = set.flag("page");
  assert.deepEqual([page?.kind, page?.type, page?.clientVisible, set.flag("absent")], ["remote_config", "object", true, undefined]);
});
