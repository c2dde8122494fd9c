/** Semantic versions (semver.org 2.0.0), compared by precedence. */

import { Remembered } from "./remembered.js";

const VERSION_LENGTH_MAX = 256;
const REMEMBERED = 2048;

const NUMBER = "(0|[1-9][0-9]*)";
const IDENTIFIER = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
const VERSION = new RegExp(
  `^[vV]?${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER})?)?` +
    `(?:-(${IDENTIFIER}(?:\\.${IDENTIFIER})*))?` +
    "(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$",
);
const DIGITS = /^[0-9]+$/;

/** Numbers of any length stay texts of digits. `prerelease`: its identifiers, undefined for a release. */
export interface Version {
  readonly numbers: readonly [string, string, string];
  readonly prerelease: readonly string[] | undefined;
}

function parse(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, major, minor = "0", patch = "0", prerelease] = match;
  return { numbers: [major!, minor, patch], prerelease: prerelease?.split(".") };
}

const remembered = new Remembered(REMEMBERED, parse);

/**
 * The version, or undefined if `text` is none.
 *
 * A leading v or V is allowed, missing minor and patch numbers are 0 (also before a pre-release), build metadata is
 * checked and ignored. At most 256 characters.
 */
export function parseVersion(text: string): Version | undefined {
  return text.length <= VERSION_LENGTH_MAX ? remembered.of(text) : undefined;
}

/** Below 0, 0 or above 0, as `left` is lower, equal or higher. */
export function compareVersions(left: Version, right: Version): number {
  for (let i = 0; i < 3; i++) {
    const order = compareNumbers(left.numbers[i]!, right.numbers[i]!);
    if (order !== 0) return order;
  }
  if (left.prerelease === undefined || right.prerelease === undefined) {
    return Number(left.prerelease === undefined) - Number(right.prerelease === undefined);
  }
  const shared = Math.min(left.prerelease.length, right.prerelease.length);
  for (let i = 0; i < shared; i++) {
    const order = compareIdentifiers(left.prerelease[i]!, right.prerelease[i]!);
    if (order !== 0) return order;
  }
  return left.prerelease.length - right.prerelease.length;
}

/** Digits without leading zeros: the longer number is the larger. */
function compareNumbers(left: string, right: string): number {
  return left.length - right.length || compareTexts(left, right);
}

function compareIdentifiers(left: string, right: string): number {
  const [numeric, other] = [DIGITS.test(left), DIGITS.test(right)];
  if (numeric && other) return compareNumbers(left, right);
  if (numeric !== other) return numeric ? -1 : 1;
  return compareTexts(left, right);
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
