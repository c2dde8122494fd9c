import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { Keeper } from "../src/configuration/keeper.js";
import { Store } from "../src/configuration/store.js";
import { OnceLogger } from "../src/logger.js";
import { Said } from "./sample.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ffp-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function stored(text: string, etag = 'W/"a"', streamId = "1-a"): { bytes: Buffer; etag: string; streamId: string } {
  return { bytes: Buffer.from(text), etag, streamId };
}

function loaded(key = "key"): string[] {
  return [...new Store(folder, key).load()].map(({ bytes }) => bytes.toString());
}

test("a configuration is one line about it, then its bytes", async () => {
  await new Store(folder, "key").save(stored('{"version":1}'));
  const [line, ...rest] = (await readFile(join(folder, "config.json"), "utf8")).split("\n");
  const { saved_at: at, ...told } = JSON.parse(line ?? "") as Record<string, unknown>;
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  assert.deepEqual(told, { format: 1, key_sha256: sha256("key"), etag: 'W/"a"', stream_id: "1-a", sha256: sha256('{"version":1}') });
  assert.equal(typeof at, "number");
  assert.equal(rest.join("\n"), '{"version":1}');
  assert.deepEqual([...new Store(folder, "key").load()], [stored('{"version":1}')]);
});

test("the previous one is kept, and tried where the newest is damaged", async () => {
  const store = new Store(folder, "key");
  for (const text of ["one", "two", "three"]) await store.save(stored(text));
  assert.deepEqual(loaded(), ["three", "two"]);
  const path = join(folder, "config.json");
  await writeFile(path, (await readFile(path)).subarray(0, -1));
  assert.deepEqual(loaded(), ["two"]);
  assert.deepEqual((await readdir(folder)).sort(), ["config.json", "config.json.previous"]);
});

test("what is another key's, another format's, or no file of ours is passed over", async () => {
  await new Store(folder, "key").save(stored("one"));
  assert.deepEqual(loaded("another"), []);
  const path = join(folder, "config.json");
  const text = await readFile(path, "utf8");
  for (const damaged of [text.replace('"format":1', '"format":2'), "", "\n", "no json\none", "[1]\none"]) {
    await writeFile(path, damaged);
    assert.deepEqual(loaded(), [], damaged);
  }
});

test("changes are in what is kept, and chunks as long as it names them", async () => {
  const said = new Said();
  const store = new Store(folder, "key");
  const keeper = new Keeper(store, new OnceLogger(said));
  const [none, one, two, three] = ["0".repeat(64), "1".repeat(64), "2".repeat(64), "3".repeat(64)];
  const list = (digest: string): object => ({ key: "beta", long_list: { chunks: [{ number: 1, digest }] } });
  const document = { version: 1, flags: { a: { key: "a", version: 1 }, b: { key: "b", version: 1 } }, segments: { beta: list(one) } };
  await store.saveChunk(none, Buffer.from("of a configuration that nobody has any more"));
  await writeFile(join(folder, "chunks", ".1-1.part"), "of a process that was killed");
  keeper.keepChunk(one, Buffer.from("one"));
  keeper.took(document, Buffer.from(JSON.stringify(document)), "1-a", 'W/"a"');
  keeper.keepChunk(two, Buffer.from("two"));
  const change = { version: 2, flags: { a: null, "__proto__": { key: "__proto__" } }, segments: { beta: list(two) }, versions: { b: 2 } };
  Object.defineProperty(change.flags, "__proto__", { value: { key: "__proto__" }, enumerable: true });
  keeper.changed(change, "2-b", 'W/"b"');
  await keeper.close();

  const [newest, previous] = [...store.load()];
  assert.equal(newest?.streamId, "2-b");
  assert.equal(newest?.etag, 'W/"b"');
  const expected = { version: 2, flags: { b: { key: "b", version: 2 } }, segments: { beta: list(two) }, experiments: {}, remote_configs: {} };
  const kept = JSON.parse(newest?.bytes.toString() ?? "") as { flags: object };
  assert.ok(Object.hasOwn(kept.flags, "__proto__"));
  delete (kept.flags as Record<string, unknown>)["__proto__"];
  assert.deepEqual(kept, expected);
  assert.deepEqual(JSON.parse(previous?.bytes.toString() ?? ""), document);
  assert.equal(store.chunk(two)?.toString(), "two");
  assert.deepEqual((await readdir(join(folder, "chunks"))).sort(), [one, two]);

  const next = new Keeper(store, new OnceLogger(said), new Set([two]));
  next.keepChunk(three, Buffer.from("three"));
  const last = { version: 3, segments: { beta: list(three) } };
  next.took(last, Buffer.from(JSON.stringify(last)), "3-c", 'W/"c"');
  await next.close();
  assert.deepEqual((await readdir(join(folder, "chunks"))).sort(), [two, three]);
  assert.equal(store.chunk("../config.json"), undefined);
  assert.deepEqual(said.warnings, []);
});

test("a chunk that is read from the store is not deleted by a write that is under way", async () => {
  const store = new Store(folder, "key");
  const keeper = new Keeper(store, new OnceLogger(new Said()));
  const digest = "1".repeat(64);
  await store.saveChunk(digest, Buffer.from("one"));
  keeper.took({ version: 1 }, Buffer.from('{"version":1}'), "1-a", 'W/"a"');
  assert.equal(keeper.chunk({ segment: "beta", number: 1, digest })?.toString(), "one");
  const beta = { key: "beta", long_list: { chunks: [{ number: 1, digest }] } };
  keeper.changed({ version: 2, segments: { beta } }, "2-b", 'W/"b"');
  await keeper.close();
  assert.equal(store.chunk(digest)?.toString(), "one");
});

test("a folder that is gone costs the store alone", async () => {
  const said = new Said();
  const keeper = new Keeper(new Store(folder, "key"), new OnceLogger(said));
  await rm(folder, { recursive: true });
  keeper.took({ version: 1 }, Buffer.from("{}"), "", "");
  await keeper.close();
  assert.match(said.warnings.join(), /store can't be written/);
});
