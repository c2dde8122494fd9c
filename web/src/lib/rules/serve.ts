/** What a rule or a default serves, in hundredths of a percent, the buckets of which there are 10,000. */

import { isObject } from "./condition";

export const BUCKETS = 10_000;
export const TARGETING_KEY = "targetingKey";

export interface Share {
  key: string;
  weight: number;
}
export type Serve = { variation: string } | { rollout: { variations: Share[]; bucket_by?: string } };

export function serveOf(document: unknown): Serve | null {
  if (!isObject(document)) return null;
  const { variation, rollout } = document;
  if (typeof variation === "string") return { variation };
  if (!isObject(rollout) || !Array.isArray(rollout.variations)) return null;
  const variations: Share[] = [];
  for (const each of rollout.variations) {
    if (!isObject(each) || typeof each.key !== "string" || typeof each.weight !== "number") return null;
    variations.push({ key: each.key, weight: each.weight });
  }
  const by = rollout.bucket_by;
  return { rollout: typeof by === "string" ? { variations, bucket_by: by } : { variations } };
}

export const toBuckets = (weight: number): number => Math.round(weight * 100);
export const toWeight = (buckets: number): number => buckets / 100;
export const percentText = (weight: number): string => `${Number(weight.toFixed(2))}%`;

/** One variation counts as all of the buckets. */
export const sharesOf = (serve: Serve): Share[] =>
  "variation" in serve ? [{ key: serve.variation, weight: 100 }] : serve.rollout.variations;

/** By what attribute units are drawn; the targeting key by its name is the same as none. */
export function bucketBy(serve: Serve): string | null {
  const by = "variation" in serve ? undefined : serve.rollout.bucket_by;
  return by === undefined || by === "" || by === TARGETING_KEY ? null : by;
}

/** The variation that everybody gets; null where a bucket decides. */
export function onlyVariation(serve: Serve): string | null {
  const some = sharesOf(serve).filter((share) => share.weight > 0);
  return some.length === 1 ? (some[0]?.key ?? null) : null;
}

/** "on to 12.5% and off to the rest, by company". `off`: the off variation, which comes last. */
export function servedInWords(serve: Serve, label: (key: string) => string = (key) => key, off?: string): string {
  return servedWords(serve, label, off).join(", ");
}

/** The same as what is served, and by what units are drawn where they are. */
export function servedWords(serve: Serve, label: (key: string) => string = (key) => key, off?: string): string[] {
  const only = onlyVariation(serve);
  if ("variation" in serve || only !== null) return [label(only ?? ("variation" in serve ? serve.variation : ""))];
  const shares = serve.rollout.variations
    .filter((share) => share.weight > 0)
    .toSorted((one, other) => Number(one.key === off) - Number(other.key === off));
  const told = shares.map((share, index) =>
    index > 0 && index === shares.length - 1
      ? `${label(share.key)} to the rest`
      : `${label(share.key)} to ${percentText(share.weight)}`,
  );
  const last = told.pop() ?? "nothing";
  const listed = told.length > 0 ? `${told.join(", ")} and ${last}` : last;
  return [listed, `by ${bucketBy(serve) ?? "targeting key"}`];
}
