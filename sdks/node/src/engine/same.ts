/** Equality of JSON. */

import { isObject } from "./json.js";

/** What of an entity's document is for people, and changes nobody's answer. */
const FOR_PEOPLE: ReadonlySet<string> = new Set(["description", "metadata", "version"]);
const NOTHING: ReadonlySet<string> = new Set();

/** Equal as JSON: numbers by value, objects whatever the order of their members. `but`: members that don't count. */
export function sameJson(left: unknown, right: unknown, but: ReadonlySet<string> = NOTHING): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((each, index) => sameJson(each, right[index]));
  }
  if (isObject(left) && isObject(right)) {
    const names = Object.keys(left).filter((name) => !but.has(name));
    const others = Object.keys(right).filter((name) => !but.has(name));
    if (names.length !== others.length) return false;
    return names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]));
  }
  // A bigint and a number of one value are one number of JSON.
  return (typeof left === "bigint" || typeof right === "bigint") && typeof left !== "boolean" && left == right;
}

/** Do two documents of an entity serve the same to everybody? */
export function servesTheSame(left: unknown, right: unknown): boolean {
  return sameJson(left, right, FOR_PEOPLE);
}
