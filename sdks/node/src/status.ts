/** How a client is. */

import type { Mode } from "./configuration/follower.js";
import type { Source } from "./configuration/held.js";
import type { EventCounts } from "./events/reporting.js";

/**
 * `starting`: nothing is held yet; `ready`; `stale`: nothing was confirmed for 60 s; `refused`: the key is;
 * `closed`; `offline`.
 */
export type State = "starting" | "ready" | "stale" | "refused" | "closed" | "offline";

/** What an operator wants to see of a client. Times are epoch milliseconds. */
export interface Status {
  readonly state: State;
  /** The config version that is held, undefined for none. */
  readonly version: number | undefined;
  /** When this state began. */
  readonly since: number;
  /** When the edge last confirmed what is held. */
  readonly confirmedAt: number | undefined;
  readonly source: Source;
  readonly mode: Mode;
  /** The address in use. */
  readonly endpoint: string;
  /** What went wrong last. */
  readonly lastError: string | undefined;
  readonly events: EventCounts;
}
