/** Units and their buckets as closures. */

import { reader } from "../attributes.js";
import { Decision } from "../decision.js";
import { BUCKET_COUNT, Start, unitKey } from "../hashing.js";
import type { Context } from "../interface.js";
import type { Serve, Share } from "../model.js";
import type { Outcomes } from "./outcomes.js";
import type { Probe } from "./programs.js";

/** The unit of the targeting key: undefined for none. */
export function targetingUnit(context: Context): string | undefined {
  const key = context["targetingKey"];
  return typeof key === "string" ? key : unitKey(key);
}

/** The variation that everybody gets, undefined for a real split. */
export function onlyVariation(serve: Serve): string | undefined {
  if ("variation" in serve) return serve.variation;
  const owners = serve.shares.filter((share) => share.weight > 0);
  return owners.length === 1 ? owners[0]!.variation : undefined;
}

/** Finds a unit: its text; an error that ends the evaluation; undefined where its attribute is absent. */
export type FindUnit = (context: Context) => string | Decision | undefined;

/** How the unit that is named by `bucketBy` is found. */
export function compileUnit(bucketBy: string | undefined, outcomes: Outcomes, path: string, probe?: Probe): FindUnit {
  if (bucketBy === undefined) {
    const missing = outcomes.targetingKeyMissing;
    return (context) => {
      const unit = targetingUnit(context);
      if (probe !== undefined) probe(`${path}.unit`, unit);
      return unit || missing;
    };
  }
  const read = reader(bucketBy);
  const invalid = outcomes.invalidUnit(bucketBy);
  return (context) => {
    const value = read(context);
    if (value === undefined || value === null) return undefined;
    const unit = unitKey(value);
    if (probe !== undefined) probe(`${path}.unit`, unit);
    return unit ?? invalid;
  };
}

/** How a unit is found that may be missing or unusable, without an error. */
export function compileOptionalUnit(
  bucketBy: string | undefined,
  path: string,
  probe?: Probe,
): (context: Context) => string | undefined {
  const read = bucketBy === undefined ? undefined : reader(bucketBy);
  return (context) => {
    const unit = read === undefined ? targetingUnit(context) || undefined : unitKey(read(context));
    if (probe !== undefined) probe(`${path}.unit`, unit);
    return unit;
  };
}

/** The bucket of a unit under `key`, told under `path`. */
export function compileBucket(salt: string, key: string, path: string, probe?: Probe): (unit: string) => number {
  const start = new Start(salt, key);
  if (probe === undefined) return (unit) => start.bucket(unit);
  return (unit) => {
    const bucket = start.bucket(unit);
    probe(path, bucket);
    return bucket;
  };
}

/** Picks the `outcomes` entry, one for each share, whose share owns a unit's bucket. */
export function compileSplit<Outcome>(
  shares: readonly Share[],
  outcomes: readonly Outcome[],
  bucketOf: (unit: string) => number,
): (unit: string) => Outcome {
  const ends: number[] = [];
  const owners: Outcome[] = [];
  let end = 0;
  for (const [index, share] of shares.entries()) {
    if (share.weight === 0) continue;
    end += share.weight;
    ends.push(end);
    owners.push(outcomes[index]!);
  }
  if (owners.length === 2) {
    const [first, second] = owners as [Outcome, Outcome];
    const border = ends[0]!;
    return (unit) => (bucketOf(unit) < border ? first : second);
  }
  const byBucket = Uint16Array.from({ length: BUCKET_COUNT / STEP }, (_, index) =>
    ends.findIndex((each) => index * STEP < each),
  );
  return (unit) => {
    const bucket = bucketOf(unit);
    let owner = byBucket[Math.floor(bucket / STEP)]!;
    while (bucket >= ends[owner]!) owner++;
    return owners[owner]!;
  };
}

/** A split of many begins its search at the owner of the hundred buckets in which the unit's one lies. */
const STEP = 100;
