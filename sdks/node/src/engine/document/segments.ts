/** Segments and the chunks of their long lists as JSON. */

import { InvalidConfig } from "../errors.js";
import type { ChunkKeys } from "../interface.js";
import type { Json, JsonObject } from "../json.js";
import { CHUNK_NUMBER_MAX, KeyTable, ListChunk, LongList } from "../long_lists.js";
import type { Segment } from "../model.js";
import { readCondition } from "./conditions.js";
import { at, expect, field, INTEGER, listOf, OBJECT, optional, required, TEXT } from "./fields.js";

const DIGEST = /^[0-9a-f]{64}$/;

/** Read and check a segment; InvalidConfig names the path of the first field that can't be evaluated. */
export function readSegment(fields: JsonObject): Segment {
  const condition = field(fields, "if");
  return {
    key: required(fields, "key", TEXT, ""),
    included: new Set(listOf(fields, "included", "", readKey)),
    excluded: new Set(listOf(fields, "excluded", "", readKey)),
    condition: condition === undefined || condition === null ? undefined : readCondition(condition, "if"),
    longList: readLongList(optional(fields, "long_list", OBJECT, "", undefined)),
    document: fields,
  };
}

function readKey(document: Json, path: string): string {
  return expect(document, TEXT, path);
}

/** What is said of it; the chunks themselves come apart. */
function readLongList(fields: JsonObject | undefined): LongList | undefined {
  if (fields === undefined) return undefined;
  const path = "long_list";
  required(fields, "included", INTEGER, path);
  required(fields, "excluded", INTEGER, path);
  const references = listOf(fields, "chunks", path, (entry, here): [number, string] => {
    const chunk = expect(entry, OBJECT, here);
    return [readNumber(required(chunk, "number", INTEGER, here), at(here, "number")), readDigest(chunk, here)];
  });
  return new LongList(readDigest(fields, path), new Map(references));
}

function readDigest(fields: JsonObject, path: string): string {
  const digest = required(fields, "digest", TEXT, path);
  if (!DIGEST.test(digest)) throw new InvalidConfig(at(path, "digest"), "must be 64 hexadecimal digits");
  return digest;
}

function readNumber(number: number, path: string): number {
  if (number < 1 || number > CHUNK_NUMBER_MAX) {
    throw new InvalidConfig(path, `must be from 1 to ${CHUNK_NUMBER_MAX}`);
  }
  return number;
}

/** Read the keys of a chunk, whose `digest` its reader has checked. */
export function readChunk(number: number, digest: string, keys: ChunkKeys): ListChunk {
  readNumber(number, "number");
  return new ListChunk(number, digest, readKeys(keys.included, "included"), readKeys(keys.excluded, "excluded"));
}

function readKeys(keys: unknown, path: string): KeyTable {
  if (!Array.isArray(keys)) throw new InvalidConfig(path, "must be a list");
  return new KeyTable(keys.map((key: unknown, index) => expect(key, TEXT, `${path}[${index}]`)));
}
