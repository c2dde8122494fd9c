/** Long lists of golden cases, made by a rule, so that a case of many keys stays small. */

import { createHash } from "node:crypto";

import { isObject, type Json, type JsonObject } from "../engine/json.js";
import { chunkNumber, keyHash } from "../engine/long_lists.js";

/** A chunk of a list that a rule made. */
export interface GeneratedChunk {
  readonly segment: string;
  readonly number: number;
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** A segment's document with its chunks named, and those of them that are not `missing`. Throws for a wrong digest. */
export function withGenerated(segment: string, document: JsonObject, rule: Json | undefined): [JsonObject, GeneratedChunk[]] {
  const longList = document["long_list"];
  if (!isObject(rule) || !isObject(longList)) return [document, []];
  const depth = rule["depth"] as number;
  const missing = (rule["missing"] ?? []) as readonly number[];
  const made = new Map<number, GeneratedChunk>();
  const [included, excluded] = [keysByChunk(rule["included"], depth), keysByChunk(rule["excluded"], depth)];
  for (let number = 2 ** depth; number < 2 ** (depth + 1); number++) {
    made.set(number, { segment, number, included: included.get(number) ?? [], excluded: excluded.get(number) ?? [] });
  }
  const chunks = Array.from(made.values(), (chunk) => ({ number: chunk.number, digest: digestOf(chunk) }));
  const sum = chunks.reduce((total, { digest }) => (total + BigInt(`0x${digest}`)) % 2n ** 256n, 0n);
  if (sum.toString(16).padStart(64, "0") !== longList["digest"]) {
    throw new Error("the digest of the long list is another one");
  }
  const there = [...made.values()].filter((chunk) => !missing.includes(chunk.number));
  return [{ ...document, long_list: { ...longList, chunks } }, there];
}

function digestOf({ number, included, excluded }: GeneratedChunk): string {
  const text = JSON.stringify({ number, included, excluded });
  return createHash("sha256").update(text, "utf-8").digest("hex");
}

/** `{"prefix", "count", "step"}`: the prefix with 0, then with each further multiple of the step. */
function keysByChunk(rule: Json | undefined, depth: number): Map<number, string[]> {
  const keys = new Map<number, string[]>();
  if (!isObject(rule)) return keys;
  const step = (rule["step"] ?? 1) as number;
  for (let index = 0; index < (rule["count"] as number); index++) {
    const key = `${rule["prefix"] as string}${index * step}`;
    const number = chunkNumber(keyHash(key).high, depth);
    keys.set(number, [...(keys.get(number) ?? []), key]);
  }
  for (const each of keys.values()) each.sort();
  return keys;
}
