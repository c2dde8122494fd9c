/** JSON text with exact integers, read and written. */

import { isObject, type Json } from "./json.js";

const MAYBE_LARGE = /[0-9]{16}/;
const DEPTH_MAX = 500;
/** More digits than any finite number has; so many aren't read one by one, either. */
const DIGITS_MAX = 309;

/** JSON text as a value; a whole number that a `number` can't hold exactly is a `bigint`. Throws SyntaxError. */
export function parseJson(text: string): Json {
  const parsed = JSON.parse(text) as Json;
  return MAYBE_LARGE.test(text) && holdsUnsafe(parsed) ? new Reader(text).document() : parsed;
}

function holdsUnsafe(value: Json): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (Array.isArray(value)) return (value as readonly Json[]).some(holdsUnsafe);
  return isObject(value) && Object.values(value).some(holdsUnsafe);
}

const TOKEN = /[ \t\n\r]*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[[\]{},:])/y;
const WHOLE = /^-?[0-9]+$/;

/** Reads a text that is known to be JSON. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Json {
    return this.#value(this.#token(), 0);
  }

  #token(): string {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text)?.[1];
    if (found === undefined) throw new SyntaxError("is no JSON");
    this.#at = TOKEN.lastIndex;
    return found;
  }

  #value(token: string, depth: number): Json {
    if (depth > DEPTH_MAX) throw new SyntaxError(`nests more than ${DEPTH_MAX} deep`);
    if (token === "[") return this.#list(depth);
    if (token === "{") return this.#object(depth);
    return WHOLE.test(token) ? whole(token) : (JSON.parse(token) as Json);
  }

  #list(depth: number): Json[] {
    const list: Json[] = [];
    for (let token = this.#token(); token !== "]"; token = this.#token()) {
      if (token !== ",") list.push(this.#value(token, depth + 1));
    }
    return list;
  }

  #object(depth: number): Json {
    const members: [string, Json][] = [];
    for (let token = this.#token(); token !== "}"; token = this.#token()) {
      if (token === ",") continue;
      this.#token();
      members.push([JSON.parse(token) as string, this.#value(this.#token(), depth + 1)]);
    }
    return Object.fromEntries(members);
  }
}

function whole(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || digits.length > DIGITS_MAX ? value : BigInt(digits);
}

/** A value as JSON text without blanks; a `bigint` is a number. */
export function writeJson(value: Json): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(writeJson).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member)}`)
    .join()}}`;
}
