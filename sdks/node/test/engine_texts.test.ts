import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { bucket } from "../src/engine/hashing.js";
import { parseJson, writeJson } from "../src/engine/json_text.js";
import { OPERATORS } from "../src/engine/operators.js";
import type { Json } from "../src/engine/json.js";
import { Remembered } from "../src/engine/remembered.js";

function matches(operator: string, value: Json, literal: Json): boolean {
  return OPERATORS.get(operator)!.prepare(literal)(value);
}

test("buckets of all lengths are those of Node's SHA-256", () => {
  const letters = ["a", "é", "日", "😀", "\ud800"];
  for (let length = 0; length < 700; length += 1) {
    const unit = letters[length % letters.length]!.repeat(length);
    const salt = "s".repeat(length % 150);
    const digest = createHash("sha256").update(salt + "key" + unit.toWellFormed()).digest("hex");
    assert.equal(bucket(salt, "key", unit), Number(BigInt(`0x${digest}`) % 10_000n), `${length}`);
  }
});

test("integers of 64 bits are read, compared and written exactly", () => {
  const text = '{"a":9007199254740993,"b":[-9223372036854775808,1.5,"1234567890123456"],"__proto__":{"c":1}}';
  const read = parseJson(text) as { a: Json };
  assert.equal(read.a, 9007199254740993n);
  assert.equal(writeJson(read), text);
  assert.equal(matches("eq", 9007199254740993n, 9007199254740993n), true);
  assert.equal(matches("eq", 9007199254740992, 9007199254740993n), false);
  assert.equal(matches("eq", 9007199254740992n, 9007199254740992), true);
  assert.equal(matches("in", 9007199254740992, [9007199254740992n]), true);
  assert.equal(matches("in", 3n, [3]), true);
  assert.equal(matches("gt", 9007199254740993n, 9007199254740992), true);
  assert.throws(() => parseJson('{"a":9007199254740993,}'), SyntaxError);
});

test("texts are compared character by character, also around halves of pairs", () => {
  assert.equal(matches("contains", "x😀", "\ud83d"), false);
  assert.equal(matches("contains", "x😀", "\ude00"), false);
  assert.equal(matches("contains", "😀\ud83dx", "\ud83dx"), true);
  assert.equal(matches("starts_with", "😀x", "\ud83d"), false);
  assert.equal(matches("starts_with", "\ud83dx", "\ud83d"), true);
  assert.equal(matches("ends_with", "x😀", "\ude00"), false);
  assert.equal(matches("matches", "a\ud800b", "^a\ufffdb$"), true);
});

test("what is remembered is bounded, and forgotten when it wasn't asked for", () => {
  let reads = 0;
  const memory = new Remembered(2, (text) => {
    reads += 1;
    return text.length > 1 ? undefined : text;
  });
  for (const text of ["a", "a", "bb", "bb", "c", "a"]) memory.of(text);
  assert.equal(reads, 3);
  for (const text of ["d", "e", "f", "a"]) memory.of(text);
  assert.equal(reads, 7);
});
