import assert from "node:assert/strict";
import { test } from "node:test";

import { OnceLogger } from "../src/logger.js";
import { contextOf, type User } from "../src/user.js";
import { Said } from "./sample.js";

function context(user: unknown, left = new OnceLogger(new Said())): unknown {
  return contextOf(user as User, left);
}

/** Objects without a prototype compare with those that have one. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)));
}

test("the three forms of a user are the same context", () => {
  const expected = { targetingKey: "u1", country: "NO" };
  assert.deepEqual(context({ key: "u1", attributes: { country: "NO" } }), expected);
  assert.deepEqual(context(expected), expected);
  assert.deepEqual(context("u1"), { targetingKey: "u1" });
  assert.deepEqual(context({ key: "u1" }), { targetingKey: "u1" });
});

test("who has a key and no targeting key is a user, of whom only the attributes are read", () => {
  assert.deepEqual(context({ key: "u1", country: "NO" }), { targetingKey: "u1" });
  assert.deepEqual(context({ key: "u1", attributes: { targetingKey: "u2", country: "NO" } }), { targetingKey: "u1", country: "NO" });
  assert.deepEqual(context({ key: "u1", attributes: "NO" } as unknown as User), { targetingKey: "u1" });
  assert.deepEqual(context({ targetingKey: "u1", key: "piano" }), { targetingKey: "u1", key: "piano" });
});

test("a context that is JSON already is read as it stands", () => {
  const user = { targetingKey: "u1", deep: { list: [1, "a", null, true] }, large: 2n ** 60n };
  assert.equal(context(user), user);
});

test("dates are RFC 3339 in UTC, sets are lists, whatever they stand in", () => {
  const date = new Date(Date.UTC(2026, 0, 5, 10));
  const user = { key: "u1", attributes: { since: date, seen: [date], tags: new Set(["a", new Set([1])]), deep: { since: date } } };
  const told = "2026-01-05T10:00:00.000Z";
  assert.deepEqual(plain(context(user)), { targetingKey: "u1", since: told, seen: [told], tags: ["a", [1]], deep: { since: told } });
});

test("what can't be JSON is left out and told of once by its name", () => {
  const said = new Said();
  class Account {}
  const user = {
    targetingKey: "u1",
    call: () => 1,
    sign: Symbol("s"),
    none: undefined,
    wrong: NaN,
    endless: Infinity,
    account: new Account(),
    never: new Date(NaN),
    kept: [1, () => 1, 2],
  };
  const left = new OnceLogger(said);
  for (let i = 0; i < 2; i += 1) {
    assert.deepEqual(plain(context(user, left)), { targetingKey: "u1", kept: [1, 2] });
  }
  const names = ["call", "sign", "wrong", "endless", "account", "never", "kept"];
  assert.equal(said.warnings.length, names.length);
  for (const name of names) assert.ok(said.warnings.some((each) => each.includes(`"${name}"`)), name);
});

test("what holds itself, and what is nested too deep, ends", () => {
  const user: Record<string, unknown> = { targetingKey: "u1", list: [] };
  user["self"] = user;
  (user["list"] as unknown[]).push(user["list"]);
  let deep: Record<string, unknown> = { end: true };
  for (let i = 0; i < 50; i += 1) deep = { deep };
  user["deep"] = deep;
  const read = plain(context(user)) as Record<string, unknown>;
  assert.deepEqual(read["list"], []);
  assert.ok(!("self" in read));
  assert.ok("deep" in read);
});

test("names that JavaScript has on its objects are attributes like others", () => {
  const user = JSON.parse('{"targetingKey": "u1", "__proto__": {"admin": true}, "constructor": "c", "since": null}') as object;
  Object.assign(user, { since: new Date(0) });
  const read = context(user) as object;
  assert.ok(Object.hasOwn(read, "__proto__"));
  assert.equal((read as { admin?: boolean }).admin, undefined);
  assert.ok(Object.hasOwn(context({ key: "u1", attributes: user }) as object, "__proto__"));
});

test("nobody is a context without a key", () => {
  for (const nobody of [undefined, null, true, Symbol("s")]) assert.deepEqual(context(nobody), {});
  assert.deepEqual(context(17), { targetingKey: 17 });
});
