import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  BUCKETS,
  conditionOf,
  conditionOfSentence,
  inWords,
  isObject,
  movers,
  operatorNamed,
  type Share,
  sentenceOf,
  serveOf,
  sharesOf,
  variationAt,
} from ".";

const VECTORS = join(import.meta.dirname, "../../../../tests/vectors");

function casesIn(file: string): Record<string, unknown>[] {
  const read: unknown = JSON.parse(readFileSync(join(VECTORS, file), "utf8"));
  const cases = isObject(read) ? read.cases : undefined;
  return Array.isArray(cases) ? cases.filter(isObject) : [];
}

const conditions = readdirSync(join(VECTORS, "conditions")).flatMap((file) =>
  casesIn(`conditions/${file}`).map((each) => ({ name: `${file}#${each.id}`, condition: each.condition })),
);

describe("sentences over the condition vectors", () => {
  it("reads all of them", () => expect(conditions.length).toBeGreaterThan(500));

  it.each(conditions)("$name there and back without loss", ({ condition }) => {
    const read = conditionOf(condition);
    if (read === null) throw new Error("not read");
    expect(conditionOfSentence(sentenceOf(read))).toEqual(read);
    expect(conditionOf(JSON.parse(JSON.stringify(read)))).toEqual(read);
    expect(inWords(read)).not.toBe("");
  });

  it("has words for every operator that may be saved", () => {
    const valid = casesIn("validation/conditions.json").filter((each) => each.valid === true);
    const unknown = valid
      .map((each) => conditionOf(each.condition))
      .filter((each) => each !== null && "operator" in each && operatorNamed(each.operator) === undefined);
    expect(unknown).toEqual([]);
  });
});

const bucketOf = (salt: string, flag: string, unit: string): number =>
  Number(
    BigInt(
      `0x${createHash("sha256")
        .update(salt + flag + unit, "utf8")
        .digest("hex")}`,
    ) % BigInt(BUCKETS),
  );

const text = (value: unknown): string => (typeof value === "string" ? value : "");

describe("movers over the bucketing vectors", () => {
  const cases = casesIn("bucketing.json");
  const pairs: [Share[], Share[]][] = [
    [
      [
        { key: "on", weight: 10 },
        { key: "off", weight: 90 },
      ],
      [
        { key: "on", weight: 25 },
        { key: "off", weight: 75 },
      ],
    ],
    [
      [
        { key: "a", weight: 20 },
        { key: "b", weight: 67.41 },
        { key: "c", weight: 12.59 },
      ],
      [
        { key: "c", weight: 0.01 },
        { key: "b", weight: 99.98 },
        { key: "a", weight: 0.01 },
      ],
    ],
    [
      [{ key: "on", weight: 100 }],
      [
        { key: "off", weight: 0 },
        { key: "on", weight: 15.6 },
        { key: "off", weight: 84.4 },
      ],
    ],
  ];

  it("has the buckets of the vectors", () => {
    expect(cases.length).toBeGreaterThan(20);
    for (const each of cases) expect(bucketOf(text(each.salt), text(each.flag), text(each.unit))).toBe(each.bucket);
  });

  it.each(pairs)("counts what moves, bucket by bucket (%#)", (before, after) => {
    const found = movers(before, after);
    const counted = new Map<string, number>();
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const [was, is] = [variationAt(before, bucket), variationAt(after, bucket)];
      if (was !== is) counted.set(`${was} ${is}`, (counted.get(`${was} ${is}`) ?? 0) + 1);
    }
    expect(new Map(found.flows.map((flow) => [`${flow.from} ${flow.to}`, flow.buckets]))).toEqual(counted);
    expect(found.moved).toBe([...counted.values()].reduce((sum, each) => sum + each, 0));
    const moving = cases.filter((each) => {
      const bucket = Number(each.bucket);
      return variationAt(before, bucket) !== variationAt(after, bucket);
    });
    for (const each of moving)
      expect(found.flows.map((flow) => `${flow.from} ${flow.to}`)).toContain(
        `${variationAt(before, Number(each.bucket))} ${variationAt(after, Number(each.bucket))}`,
      );
  });

  it("gives the units of the rollout vectors what the engine gives them", () => {
    const read: unknown = JSON.parse(readFileSync(join(VECTORS, "steps/rollouts.json"), "utf8"));
    const configs = isObject(read) && isObject(read.configs) ? read.configs : {};
    let checked = 0;
    for (const each of casesIn("steps/rollouts.json")) {
      const config = configs[text(each.config)];
      const context = each.context;
      const expected = each.expected;
      if (!isObject(config) || !isObject(context) || !isObject(expected) || expected.reason !== "SPLIT") continue;
      const flags = isObject(config.flags) ? config.flags : {};
      const flag = flags[text(each.flag)];
      const serve = isObject(flag) && flag.rules === undefined ? serveOf(flag.default) : null;
      const unit = context.targetingKey;
      if (serve === null || typeof unit !== "string") continue;
      const bucket = bucketOf(text(config.salt), text(each.flag), unit);
      expect(variationAt(sharesOf(serve), bucket)).toBe(expected.variation);
      checked++;
    }
    expect(checked).toBeGreaterThan(5);
  });
});
