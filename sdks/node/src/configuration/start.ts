/** What is held before the edge has answered. */

import type { Settings } from "../options.js";
import { digestsIn, withChunksAtHand } from "./chunks.js";
import type { Held } from "./held.js";
import { parsed } from "./reader.js";
import type { Store } from "./store.js";

/** Takes the bootstrap, then what the store has unless it is older. What can't be used is told of and passed over.
 * Gives the digests of the chunks that what is stored names. */
export function readStart(held: Held, settings: Settings, store: Store | undefined): ReadonlySet<string> {
  const { bootstrap, logger } = settings;
  if (bootstrap !== undefined) {
    try {
      held.take(held.readied(bootstrap), "bootstrap");
    } catch (error) {
      logger.error(`the bootstrap can't be used: ${(error as Error).message}`);
    }
  }
  let named: ReadonlySet<string> = new Set();
  for (const { bytes, streamId, etag } of store?.load() ?? []) {
    try {
      const document = parsed(bytes, "the stored configuration");
      named = digestsIn(document);
      const flags = held.readied(document);
      held.take(withChunksAtHand(flags, ({ digest }) => store?.chunk(digest)), "store", streamId, etag);
      return named;
    } catch (error) {
      logger.warn(`a stored configuration is passed over: ${(error as Error).message}`);
    }
  }
  return named;
}
