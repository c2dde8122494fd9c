/** What a rule or a default serves: one variation, or a rollout with weights in percent. */

import { TARGETING_KEY } from "../attributes.js";
import { InvalidConfig, Unusable } from "../errors.js";
import { BUCKET_COUNT } from "../hashing.js";
import type { Json, JsonObject } from "../json.js";
import type { Serve, Share } from "../model.js";
import { isNumber } from "../operators.js";
import { at, expect, field, LIST, OBJECT, optional, refuseOthers, required, TEXT } from "./fields.js";

const TWO_DECIMALS = /^([0-9]+)(?:\.([0-9]{1,2}))?$/;

/** A percentage with at most two decimals as hundredths of a percent, exactly (33.33 gives 3333). */
export function hundredths(value: Json | undefined, path: string): number {
  if (!isNumber(value)) throw new InvalidConfig(path, "must be a number of percent");
  if (value < 0 || value > 100) throw new InvalidConfig(path, "must be between 0 and 100");
  const digits = TWO_DECIMALS.exec(String(value));
  if (digits === null) throw new InvalidConfig(path, "has more than two decimals");
  return Number(digits[1]) * 100 + Number((digits[2] ?? "").padEnd(2, "0"));
}

/** Read `[{"key", "weight"}, ..]`, of which further `fields` say something else; the weights add up to 100. */
export function readShares(document: Json, path: string, further: readonly string[] = []): Share[] {
  const shares = expect(document, LIST, path).map((entry, index) => {
    const here = `${path}[${index}]`;
    const fields = expect(entry, OBJECT, here);
    refuseOthers(fields, ["key", "weight", ...further], here);
    const variation = required(fields, "key", TEXT, here);
    if (!Object.hasOwn(fields, "weight")) throw new InvalidConfig(at(here, "weight"), "is missing");
    return { variation, weight: hundredths(field(fields, "weight"), at(here, "weight")) };
  });
  if (shares.reduce((sum, share) => sum + share.weight, 0) !== BUCKET_COUNT) {
    throw new Unusable(path, "the weights must add up to exactly 100");
  }
  return shares;
}

/** Read `bucket_by`; the targeting key by its name is the same as none. */
export function readBucketBy(fields: JsonObject, path: string): string | undefined {
  const name = optional(fields, "bucket_by", TEXT, path, undefined);
  return name === TARGETING_KEY ? undefined : name;
}

/** Read `{"variation": key}` or `{"rollout": {"variations": [..], "bucket_by": ..}}` of one of the `variations`. */
export function readServe(document: Json, path: string, variations: ReadonlyMap<string, Json>): Serve {
  const fields = expect(document, OBJECT, path);
  const [form, ...others] = Object.keys(fields);
  if (others.length > 0 || (form !== "variation" && form !== "rollout")) {
    throw new InvalidConfig(path, "must have exactly one of variation or rollout");
  }
  if (form === "variation") {
    const variation = required(fields, "variation", TEXT, path);
    checkVariation(variation, variations, at(path, "variation"));
    return { variation };
  }
  const here = at(path, "rollout");
  const rollout = expect(fields["rollout"], OBJECT, here);
  refuseOthers(rollout, ["variations", "bucket_by"], here);
  const shares = readShares(required(rollout, "variations", LIST, here), at(here, "variations"));
  for (const share of shares) checkVariation(share.variation, variations, at(here, "variations"));
  return { shares, bucketBy: readBucketBy(rollout, here) };
}

/** InvalidConfig if there is no such variation. */
export function checkVariation(variation: string, variations: ReadonlyMap<string, Json>, path: string): void {
  if (!variations.has(variation)) throw new Unusable(path, `there is no variation '${variation}'`);
}
