/** The chunks of long lists, read before a configuration that names them is used. */

import { createHash } from "node:crypto";

import type { ChunkKeys, FlagSet, MissingChunk } from "../engine/index.js";
import { isObject } from "../engine/json.js";
import { Fault } from "../http/faults.js";
import { parsed } from "./reader.js";

/** How many are read at once. */
const READERS = 4;

/** Gives a chunk's document. May reject with a Fault. */
export type ChunkSource = (missing: MissingChunk) => Promise<Buffer>;

/** The set with the chunks that it lacks. Rejects with a Fault for one that is another. */
export async function withChunks(flags: FlagSet, source: ChunkSource): Promise<FlagSet> {
  const missing = [...flags.missingChunks];
  let complete = flags;
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let one = missing[next++]; one; one = missing[next++]) {
      const keys = checked(await source(one), one);
      complete = complete.withChunk(one.segment, one.number, keys);
    }
  };
  await Promise.all(Array.from({ length: Math.min(READERS, missing.length) }, reader));
  return complete;
}

/** The set with those of them that are at hand; what is damaged is passed over. */
export function withChunksAtHand(flags: FlagSet, source: (missing: MissingChunk) => Buffer | undefined): FlagSet {
  let complete = flags;
  for (const one of [...flags.missingChunks]) {
    const bytes = source(one);
    if (bytes === undefined || !isDigest(bytes, one.digest)) continue;
    complete = complete.withChunk(one.segment, one.number, checked(bytes, one));
  }
  return complete;
}

function isDigest(bytes: Buffer, digest: string): boolean {
  return createHash("sha256").update(bytes).digest("hex") === digest;
}

function checked(bytes: Buffer, { segment, number, digest }: MissingChunk): ChunkKeys {
  const what = `chunk ${number} of the segment ${segment}`;
  if (!isDigest(bytes, digest)) throw new Fault(`${what} is another one than the configuration names`, true);
  const chunk = parsed(bytes, what);
  if (!isObject(chunk) || !Array.isArray(chunk["included"]) || !Array.isArray(chunk["excluded"])) {
    throw new Fault(`${what} has no lists of keys`, true);
  }
  return chunk as unknown as ChunkKeys;
}

/** The digests of all chunks that a document names. */
export function digestsIn(document: unknown): Set<string> {
  const digests = new Set<string>();
  const segments = isObject(document) ? document["segments"] : undefined;
  for (const segment of Object.values(isObject(segments) ? segments : {})) {
    const list = isObject(segment) ? segment["long_list"] : undefined;
    const chunks = isObject(list) ? list["chunks"] : undefined;
    if (!Array.isArray(chunks)) continue;
    for (const each of chunks) if (isObject(each) && typeof each["digest"] === "string") digests.add(each["digest"]);
  }
  return digests;
}
