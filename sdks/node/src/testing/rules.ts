/** Flags said fluently: what becomes of them in a config document. */

import type { Comparison, Condition, ConfigOverride, Flag, FlagType, Json, RemoteConfig, Serve, Value } from "../config.gen.js";

/** A literal, a list of which one has to be equal, or operators with theirs: `{ semver_gte: "2.0" }`. */
export type Wanted = string | number | boolean | readonly (string | number | boolean)[] | Readonly<Record<string, unknown>>;

/** Attributes and what they have to be, all of them. `targetingKey` is one. */
export type When = Readonly<Record<string, Wanted>>;

/** The condition of all that is wanted. */
export function conditionOf(when: When): Condition {
  const all = Object.entries(when).flatMap(([attribute, wanted]) => comparisons(attribute, wanted));
  const [only] = all;
  return all.length === 1 && only ? only : { and: all };
}

function comparisons(attribute: string, wanted: Wanted): Comparison[] {
  if (Array.isArray(wanted)) return [{ attribute, operator: "in", value: [...(wanted as string[])] }];
  if (typeof wanted !== "object") return [{ attribute, operator: "eq", value: wanted as string }];
  return Object.entries(wanted).map(
    ([operator, value]) =>
      (operator === "exists" || operator === "not_exists" ? { attribute, operator } : { attribute, operator, value }) as Comparison,
  );
}

/** A flag that is on or off, with nothing said about whom it serves what. */
export function newFlag(key: string, on: boolean, variations: Readonly<Record<string, Value>>): Flag {
  const names = Object.keys(variations);
  const [first] = names;
  if (first === undefined) throw new TypeError(`${key}: a flag needs a variation`);
  const off = names.includes("off") ? "off" : first;
  return {
    key,
    type: typeOf(Object.values(variations)),
    variations: { ...variations },
    off_variation: off,
    default: { variation: names.includes("on") ? "on" : first },
    enabled: on,
    rules: [],
    targets: [],
  };
}

/** Shares in percent by variation. */
export function splitOf(shares: Readonly<Record<string, number>>, bucketBy: string | undefined): Serve {
  const variations = Object.entries(shares).map(([key, weight]) => ({ key, weight }));
  return { rollout: { variations, ...(bucketBy !== undefined && { bucket_by: bucketBy }) } };
}

/** A remote config without overrides. */
export function newConfig(key: string, value: Readonly<Record<string, Json>>): RemoteConfig {
  return { key, value: { ...value }, overrides: [] };
}

export function overrideOf(value: Readonly<Record<string, Json>>, when: When): ConfigOverride {
  return { if: conditionOf(when), value: { ...value } };
}

function typeOf(values: readonly Value[]): FlagType {
  if (values.every((each) => typeof each === "boolean")) return "boolean";
  if (values.every((each) => typeof each === "string")) return "string";
  if (values.every((each) => typeof each === "number")) return values.every(Number.isInteger) ? "integer" : "number";
  return "object";
}
