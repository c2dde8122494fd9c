/** Whom an evaluation is for: what applications say, and the evaluation context that the engine reads. */

import type { Context } from "./engine/index.js";
import type { OnceLogger } from "./logger.js";

/**
 * Attributes by name: texts, numbers, `bigint`, truth values, null, dates (which become RFC 3339 text in UTC), lists,
 * sets and plain objects of these. What can't be JSON is left out.
 */
export type Attributes = Readonly<Record<string, unknown>>;

/** A user with attributes. Other members are passed over, and so is a `targetingKey` among the attributes. */
export interface KeyedUser {
  /** The targeting key. */
  readonly key: string;
  readonly attributes?: Attributes;
}

/** OpenFeature's evaluation context: the targeting key and attributes side by side. */
export interface EvaluationContext {
  readonly targetingKey?: string | undefined;
  readonly [attribute: string]: unknown;
}

/** The targeting key alone, a user with attributes, or an evaluation context. */
export type User = string | KeyedUser | EvaluationContext;

/** As deep as the edge takes contexts. */
const DEPTH_MAX = 10;
/** What is copied at most, so that objects that hold each other end. */
const VALUES_MAX = 10_000;

/** The evaluation context of a user; `left` is told what had to be left out. Throws what a getter of the user throws. */
export function contextOf(user: User, left: OnceLogger): Context {
  if (typeof user === "string") return { targetingKey: user };
  if (typeof user !== "object" || user === null) {
    return typeof user === "number" || typeof user === "bigint" ? { targetingKey: user } : {};
  }
  if (!isKeyed(user)) return attributesOf(user, left);
  const { key, attributes } = user;
  if (typeof attributes !== "object" || attributes === null || Array.isArray(attributes)) return { targetingKey: key };
  return { ...attributesOf(attributes, left), targetingKey: key };
}

/** Attributes, or properties of a metric event, as JSON. What is that already is given as it stands: nothing is copied for an
 * evaluation. */
export function attributesOf(given: object, left: OnceLogger): Context {
  return isPlain(given, DEPTH_MAX) ? (given as Context) : new Copy(left).object(given);
}

/** An evaluation context may have an attribute `key`, beside its targeting key. */
function isKeyed(user: KeyedUser | EvaluationContext): user is KeyedUser {
  return Object.hasOwn(user, "key") && !Object.hasOwn(user, "targetingKey");
}

/** Is it an object or a list of JSON and `bigint` alone, at most `depth` deep? */
function isPlain(value: object, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((each) => isPlainValue(each, depth));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) {
    if (!Object.hasOwn(value, name) || !isPlainValue((value as Attributes)[name], depth)) return false;
  }
  return true;
}

function isPlainValue(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || isPlain(value, depth - 1);
    default:
      return false;
  }
}

/** Makes JSON of what is nearly that. */
class Copy {
  readonly #left: OnceLogger;
  readonly #inside = new Set<object>();
  #room = VALUES_MAX;

  constructor(left: OnceLogger) {
    this.#left = left;
  }

  object(value: object): Context {
    // Without a prototype `__proto__` is a name like others.
    const copied = Object.create(null) as Record<string, unknown>;
    if (!this.#enter(value)) return copied as Context;
    for (const [name, each] of Object.entries(value)) {
      const one = this.#value(each, name);
      if (one !== undefined) copied[name] = one;
    }
    this.#inside.delete(value);
    return copied as Context;
  }

  /** The value as JSON, undefined where it can't be. */
  #value(value: unknown, name: string): unknown {
    if (value === undefined) return undefined;
    this.#room -= 1;
    if (this.#room < 0) return this.#leave(name, "there are too many values");
    if (typeof value !== "object" || value === null) {
      return isPlainValue(value, 1) ? value : this.#leave(name, `a ${typeof value} like this is no JSON`);
    }
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? this.#leave(name, "the date is none") : value.toISOString();
    }
    if (this.#inside.has(value)) return this.#leave(name, "it holds itself");
    if (this.#inside.size >= DEPTH_MAX) return this.#leave(name, "it is nested too deep");
    if (Array.isArray(value) || value instanceof Set) return this.#list(value, name);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.object(value);
    return this.#leave(name, "an object of a class is no JSON");
  }

  #list(values: object & Iterable<unknown>, name: string): unknown {
    if (!this.#enter(values)) return undefined;
    const copied: unknown[] = [];
    for (const each of values) {
      const one = this.#value(each, name);
      if (one !== undefined) copied.push(one);
    }
    this.#inside.delete(values);
    return copied;
  }

  #enter(value: object): boolean {
    if (this.#inside.has(value)) return false;
    this.#inside.add(value);
    return true;
  }

  #leave(name: string, why: string): undefined {
    this.#left.warn(`attribute ${name}`, `the attribute ${JSON.stringify(name.slice(0, 100))} is left out of contexts: ${why}`);
    return undefined;
  }
}
