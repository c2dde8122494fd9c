import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import type { Config } from "../src/config.gen.js";
import { FlagSet } from "../src/engine/index.js";
import { chunkNumber, keyHash } from "../src/engine/long_lists.js";

const KEYS = Array.from({ length: 400 }, (_, index) => (index % 50 === 0 ? `ключ-${index}` : `user-${index}`));
const DEPTH = 2;

interface Chunk {
  readonly number: number;
  readonly included: string[];
  readonly excluded: string[];
}

function chunksOf(keys: readonly string[]): Chunk[] {
  const chunks = [4, 5, 6, 7].map((number): Chunk => ({ number, included: [], excluded: [] }));
  for (const key of keys) {
    const chunk = chunks.find(({ number }) => number === chunkNumber(keyHash(key).high, DEPTH));
    chunk?.included.push(key);
  }
  return chunks;
}

function digest(chunk: Chunk): string {
  return createHash("sha256").update(JSON.stringify(chunk)).digest("hex");
}

function document(chunks: readonly Chunk[], version = 1): Config {
  const named = chunks.map((chunk) => ({ number: chunk.number, digest: digest(chunk) }));
  return {
    salt: "",
    version,
    flags: {
      listed: {
        key: "listed",
        type: "boolean",
        variations: { yes: true, no: false },
        off_variation: "no",
        default: { variation: "no" },
        rules: [{ if: { segment: "long" }, then: { variation: "yes" } }],
      },
    },
    segments: {
      long: { key: "long", long_list: { included: 400, excluded: 0, digest: digest(chunks[0]!), chunks: named } },
    },
  };
}

function answerOf(set: FlagSet, targetingKey: string): unknown {
  const decision = set.evaluate("listed", { targetingKey }, 0);
  return decision.errorCode ?? decision.value;
}

function filled(set: FlagSet, chunks: readonly Chunk[]): FlagSet {
  return set.missingChunks.reduce((held, { segment, number }) => {
    return held.withChunk(segment, number, chunks.find((chunk) => chunk.number === number)!);
  }, set);
}

test("the hash of a key is the beginning of its SHA-256, whatever its length", () => {
  for (const key of ["", "a", "ключ", "😀", "x".repeat(55), "x".repeat(56), "x".repeat(64), "é".repeat(5000)]) {
    const wanted = createHash("sha256").update(key).digest();
    assert.deepEqual([keyHash(key).high, keyHash(key).low], [wanted.readUInt32BE(0), wanted.readUInt32BE(4)], key);
  }
});

test("who stands in a chunk that is not here can't be told", () => {
  const chunks = chunksOf(KEYS);
  const empty = FlagSet.from(document(chunks));
  assert.deepEqual(empty.missingChunks.map(({ number }) => number), [4, 5, 6, 7]);
  assert.equal(answerOf(empty, "user-1"), "PARSE_ERROR");
  const set = filled(empty, chunks);
  assert.deepEqual(set.missingChunks, []);
  assert.deepEqual(KEYS.filter((key) => answerOf(set, key) !== true), []);
  assert.deepEqual([answerOf(set, "user-400"), answerOf(set, ""), answerOf(set, "\ud800")], [false, false, false]);
});

test("chunks stay for as long as they are named by their digests", () => {
  const chunks = chunksOf(KEYS);
  const before = filled(FlagSet.from(document(chunks)), chunks);
  const edited = chunks.map((chunk) => (chunk.number === 5 ? { ...chunk, included: chunk.included.slice(1) } : chunk));
  const changed = before.with({ version: 2, segments: document(edited).segments! });
  for (const after of [changed, FlagSet.from(document(edited, 2), before)]) {
    assert.deepEqual(after.missingChunks.map(({ number }) => number), [5]);
    const whole = filled(after, edited);
    assert.equal(answerOf(whole, chunks[1]!.included[0]!), false);
    assert.equal(answerOf(whole, chunks[1]!.included[1]!), true);
    assert.deepEqual(whole.changedSince(before), ["listed"]);
  }
});

test("a chunk that is not named, or is none, is refused", () => {
  const chunks = chunksOf(KEYS);
  const set = FlagSet.from(document(chunks));
  assert.throws(() => set.withChunk("long", 8, chunks[0]!), { name: "InvalidConfig" });
  assert.throws(() => set.withChunk("absent", 4, chunks[0]!), { name: "InvalidConfig" });
  assert.throws(() => set.withChunk("long", 4, { included: [7] } as never), { name: "InvalidConfig" });
});
