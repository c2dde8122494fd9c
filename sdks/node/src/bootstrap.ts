/** What a page's SDK begins with: the answers of client-visible flags, in the form of the edge's bulk answer to a client key. */

import type { Detail } from "./detail.js";
import type { FlagInfo } from "./engine/index.js";

/** A bulk answer, to be written into the page that a server renders. */
export interface Bootstrap {
  readonly flags: readonly object[];
  readonly metadata: { readonly version: string };
}

/** What pages are not told: which overrides decided. */
const HIDDEN = new Set(["overrides", "ageSeconds"]);

/** Of all details those that a page may see. One with an integer that JSON can't be written with by `JSON.stringify` is left to the edge. */
export function bootstrapOf(
  details: Iterable<[string, Detail]>,
  info: (key: string) => FlagInfo | undefined,
  version: number,
): Bootstrap {
  const flags: object[] = [];
  for (const [key, detail] of details) {
    if (!info(key)?.clientVisible || detail.errorCode !== undefined || hasLongInteger(detail.value)) continue;
    const { value, variant, reason } = detail;
    const seen = ([name, said]: [string, unknown]): boolean =>
      !HIDDEN.has(name) && (name !== "prerequisite" || info(said as string)?.clientVisible === true);
    flags.push({ key, value, variant, reason, metadata: Object.fromEntries(Object.entries(detail.metadata).filter(seen)) });
  }
  return { flags, metadata: { version: String(version) } };
}

function hasLongInteger(value: unknown): boolean {
  if (typeof value === "bigint") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasLongInteger);
}
