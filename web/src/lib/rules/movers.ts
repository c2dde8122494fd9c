/** Whose variation changes, exactly, from bucket ranges: arithmetic on 10,000 buckets, no evaluation. */

import { BUCKETS, bucketBy, type Serve, type Share, sharesOf, toBuckets } from "./serve";

export interface Range {
  variation: string;
  /** Included. */
  from: number;
  /** Excluded. */
  to: number;
}

/** Each share owns the buckets behind those of the shares before it. */
export function rangesOf(shares: readonly Share[]): Range[] {
  let start = 0;
  return shares.map((share) => {
    const from = start;
    start += toBuckets(share.weight);
    return { variation: share.key, from, to: start };
  });
}

export const variationAt = (shares: readonly Share[], bucket: number): string | undefined =>
  rangesOf(shares).find((range) => range.from <= bucket && bucket < range.to)?.variation;

export interface Flow {
  from: string;
  to: string;
  buckets: number;
}

export interface Movers {
  /** Of 10,000, with another variation than before. */
  moved: number;
  flows: Flow[];
  /** Units are drawn by another attribute: any of them may get anything. */
  redrawn: boolean;
}

export function movers(before: readonly Share[], after: readonly Share[]): Movers {
  const flows = new Map<string, Flow>();
  for (const was of rangesOf(before)) {
    for (const now of rangesOf(after)) {
      const buckets = Math.min(was.to, now.to) - Math.max(was.from, now.from);
      if (buckets <= 0 || was.variation === now.variation) continue;
      const name = JSON.stringify([was.variation, now.variation]);
      const known = flows.get(name);
      flows.set(name, { from: was.variation, to: now.variation, buckets: buckets + (known?.buckets ?? 0) });
    }
  }
  const sorted = [...flows.values()].sort((one, other) => other.buckets - one.buckets);
  return { moved: sorted.reduce((sum, flow) => sum + flow.buckets, 0), flows: sorted, redrawn: false };
}

/** Of what a rule or a default serves; one variation for everybody asks for no bucket, so nothing is redrawn by it. */
export function moversOf(before: Serve, after: Serve): Movers {
  const found = movers(sharesOf(before), sharesOf(after));
  const drawn = [before, after].filter((serve) => sharesOf(serve).filter((share) => share.weight > 0).length > 1);
  return { ...found, redrawn: drawn.length === 2 && bucketBy(before) !== bucketBy(after) };
}

const count = (buckets: number): string => buckets.toLocaleString("en");

/** "1,500 of 10,000 buckets move from off to on; nobody loses on" */
export function moversInWords(found: Movers, label: (key: string) => string = (key) => key): string {
  if (found.redrawn) return "Units are drawn anew by another attribute: anybody may get another variation";
  if (found.moved === 0) return "Nobody moves";
  const [first, ...more] = found.flows.map(
    (flow) => `${count(flow.buckets)}${"#"} move from ${label(flow.from)} to ${label(flow.to)}`,
  );
  const told = [
    first?.replace("#", ` of ${count(BUCKETS)} buckets`),
    ...more.map((each) => each.replace("#", "")),
  ].join(", ");
  return `${told}; ${losersInWords(found, label)}`;
}

/** Of the variations that somebody comes to: whether somebody leaves them, too. */
function losersInWords(found: Movers, label: (key: string) => string): string {
  const gaining = [...new Set(found.flows.map((flow) => flow.to))];
  const losing = gaining.map((key) => ({
    key,
    lost: found.flows.filter((flow) => flow.from === key).reduce((sum, flow) => sum + flow.buckets, 0),
  }));
  const some = losing.filter((each) => each.lost > 0);
  if (some.length > 0) return some.map((each) => `${count(each.lost)} lose ${label(each.key)}`).join(", ");
  return `nobody loses ${gaining.map(label).join(" or ")}`;
}
