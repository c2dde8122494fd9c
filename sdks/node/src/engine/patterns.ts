/** RE2 patterns: matching time is linear in the text, whatever the pattern. */

import { RE2JS } from "re2js";

import { utf8Length } from "./texts.js";

const PATTERN_BYTES_MAX = 1024;

/** A pattern that can't be used; the text says why. */
export class InvalidPattern extends Error {
  override readonly name = "InvalidPattern";
}

/**
 * A function that says whether `pattern` is found anywhere in a text (`$` is the end of the text only).
 *
 * Throws InvalidPattern for one that RE2 refuses or of more than 1,024 bytes.
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const bytes = utf8Length(pattern);
  if (bytes > PATTERN_BYTES_MAX) {
    throw new InvalidPattern(`a pattern has at most ${PATTERN_BYTES_MAX} bytes, this one has ${bytes}`);
  }
  const compiled = compileRe2(pattern.toWellFormed());
  return (text) => compiled.test(text.isWellFormed() ? text : text.toWellFormed());
}

function compileRe2(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new InvalidPattern(`not an RE2 pattern: ${error instanceof Error ? error.message : String(error)}`);
  }
}
