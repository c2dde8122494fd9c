/** JSON with whole numbers of any size: those that a `number` can't hold exactly are `bigint`. */

import { randomUUID } from "node:crypto";

import type { Json } from "./engine/index.js";

/** Sixteen digits in a row, which may be a number beyond 2^53. */
const MANY_DIGITS = /[0-9]{16}/;
/** A text, or a number with what stands before it. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/g;
/** What stands before the digits of a large number while it is a text: nobody else's text begins with it. */
const MARK = `${randomUUID()}:`;

/** The value of a JSON text. Throws SyntaxError. */
export function parseJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  if (!MANY_DIGITS.test(text)) return value;
  // The first parse has shown that the text is JSON, so each token is a text or a number.
  let found = false;
  const marked = text.replace(TOKENS, (token) => {
    if (token.length < 16 || !/^-?[0-9]+$/.test(token) || Number.isSafeInteger(Number(token))) return token;
    found = true;
    return `"${MARK}${token}"`;
  });
  if (!found) return value;
  return JSON.parse(marked, (_name, each: unknown) =>
    typeof each === "string" && each.startsWith(MARK) ? BigInt(each.slice(MARK.length)) : each,
  ) as Json;
}

const NEEDS_MARK = (_name: string, value: unknown): unknown => (typeof value === "bigint" ? `${MARK}${value}` : value);
const MARKED = new RegExp(`"${MARK}(-?[0-9]+)"`, "g");

/** The JSON text of a value; a `bigint` is its digits. */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value, NEEDS_MARK);
  return text.includes(MARK) ? text.replace(MARKED, "$1") : text;
}
