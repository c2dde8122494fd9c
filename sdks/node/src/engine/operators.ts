/**
 * The operators as a table. A new operator is one line in OPERATORS and one vector file.
 *
 * An operator turns its literal into a test of a present value that is no list. A test is false for every value of a
 * wrong type, and throws for none.
 */

import { isEarlier, parseInstant } from "./instants.js";
import type { Json } from "./json.js";
import { BlockSet, parseBlock } from "./networks.js";
import { compilePattern, InvalidPattern } from "./patterns.js";
import { compareVersions, parseVersion } from "./semver.js";
import { beginsWith, finishesWith, holds, mayCutPairs, utf8Length } from "./texts.js";

const LITERAL_TEXT_BYTES_MAX = 4_096;
const LITERAL_LIST_MAX = 10_000;

/** Does a present value that is no list pass? */
export type Test = (value: Json) => boolean;

/** A literal that its operator can't use; the text says why. */
export class InvalidLiteral extends Error {
  override readonly name = "InvalidLiteral";
}

/**
 * One row of the table. `prepare` checks a literal and gives the positive test; a `negated` operator is that test's
 * negation on a present attribute. `presence`: it takes no literal, and asks whether the attribute is there.
 */
export interface Operator {
  readonly prepare: (literal: Json | undefined) => Test;
  readonly negated?: true;
  readonly presence?: boolean;
}

type Scalar = string | number | bigint | boolean;

/** A finite JSON number. */
export function isNumber(value: Json | undefined): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value));
}

function isScalar(value: Json | undefined): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || isNumber(value);
}

/** One value for equal numbers, as sets compare: whole numbers beyond 2^53 are bigint, others are none. */
function canonical(value: number | bigint): number | bigint {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
}

function text(literal: Json | undefined): string {
  if (typeof literal !== "string") throw new InvalidLiteral("must be a string");
  if (literal.length * 3 > LITERAL_TEXT_BYTES_MAX && utf8Length(literal) > LITERAL_TEXT_BYTES_MAX) {
    throw new InvalidLiteral(`must have at most ${LITERAL_TEXT_BYTES_MAX} bytes`);
  }
  return literal;
}

function equal(literal: Json | undefined): Test {
  if (typeof literal === "string") {
    const wanted = text(literal);
    return (value) => value === wanted;
  }
  if (typeof literal === "boolean") return (value) => value === literal;
  if (!isNumber(literal)) throw new InvalidLiteral("must be a string, a number or a boolean");
  const wanted = canonical(literal);
  return (value) =>
    typeof value === "number" || typeof value === "bigint" ? value === wanted || canonical(value) === wanted : false;
}

function member(literal: Json | undefined): Test {
  if (!Array.isArray(literal)) throw new InvalidLiteral("must be a list of strings, numbers and booleans");
  checkLength(literal);
  const wanted = new Set<Scalar>();
  for (const [index, element] of (literal as readonly Json[]).entries()) {
    if (!isScalar(element)) throw new InvalidLiteral(`element ${index} must be a string, a number or a boolean`);
    wanted.add(typeof element === "string" ? text(element) : isNumber(element) ? canonical(element) : element);
  }
  return (value) => {
    if (typeof value === "string" || typeof value === "boolean") return wanted.has(value);
    return typeof value === "number" || typeof value === "bigint" ? wanted.has(canonical(value)) : false;
  };
}

function checkLength(literal: readonly unknown[]): void {
  if (literal.length > LITERAL_LIST_MAX) throw new InvalidLiteral(`must have at most ${LITERAL_LIST_MAX} elements`);
}

type OfTexts = (value: string, part: string) => boolean;

/** `whole`, or for a literal that could cut a pair of surrogates, `careful`. */
function textual(whole: OfTexts, careful: OfTexts): Operator["prepare"] {
  return (literal) => {
    const part = text(literal);
    const compare = mayCutPairs(part) ? careful : whole;
    return (value) => typeof value === "string" && compare(value, part);
  };
}

const contains = textual((value, part) => value.includes(part), holds);
const startsWith = textual((value, part) => value.startsWith(part), beginsWith);
const endsWith = textual((value, part) => value.endsWith(part), finishesWith);

/** JavaScript orders number and bigint by their exact values. */
function numeric(compare: (value: number | bigint, wanted: number | bigint) => boolean): Operator["prepare"] {
  return (literal) => {
    if (!isNumber(literal)) throw new InvalidLiteral("must be a number");
    return (value) => (typeof value === "number" || typeof value === "bigint") && compare(value, literal);
  };
}

function pattern(literal: Json | undefined): Test {
  const source = text(literal);
  try {
    const found = compilePattern(source);
    return (value) => typeof value === "string" && found(value);
  } catch (error) {
    if (error instanceof InvalidPattern) throw new InvalidLiteral(error.message);
    throw error;
  }
}

function version(compare: (order: number) => boolean): Operator["prepare"] {
  return (literal) => {
    const wanted = parseVersion(text(literal));
    if (wanted === undefined) throw new InvalidLiteral("must be a semantic version, like 1.4.0 or 2.0.0-rc.1");
    return (value) => {
      const found = typeof value === "string" ? parseVersion(value) : undefined;
      return found !== undefined && compare(compareVersions(found, wanted));
    };
  };
}

function instant(compare: (found: Instant, wanted: Instant) => boolean): Operator["prepare"] {
  return (literal) => {
    const wanted = parseInstant(literal);
    if (wanted === undefined) {
      throw new InvalidLiteral(
        "must be a date with time and offset (2026-01-05T10:00:00Z) or epoch milliseconds",
      );
    }
    return (value) => {
      const found = parseInstant(value);
      return found !== undefined && compare(found, wanted);
    };
  };
}

type Instant = NonNullable<ReturnType<typeof parseInstant>>;

function networks(literal: Json | undefined): Test {
  const texts: readonly (Json | undefined)[] = Array.isArray(literal) ? literal : [literal];
  checkLength(texts);
  const blocks = new BlockSet(
    texts.map((element, index) => {
      const block = typeof element === "string" ? parseBlock(element) : undefined;
      if (block !== undefined) return block;
      const where = Array.isArray(literal) ? `element ${index} ` : "";
      throw new InvalidLiteral(`${where}must be an address or a CIDR block, like 10.0.0.0/8`);
    }),
  );
  return (value) => typeof value === "string" && blocks.holds(value);
}

function noLiteral(literal: Json | undefined): Test {
  if (literal !== undefined && literal !== null && literal !== true) throw new InvalidLiteral("takes no value");
  return () => true;
}

export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["eq", { prepare: equal }],
  ["ne", { prepare: equal, negated: true }],
  ["in", { prepare: member }],
  ["not_in", { prepare: member, negated: true }],
  ["gt", { prepare: numeric((value, wanted) => value > wanted) }],
  ["gte", { prepare: numeric((value, wanted) => value >= wanted) }],
  ["lt", { prepare: numeric((value, wanted) => value < wanted) }],
  ["lte", { prepare: numeric((value, wanted) => value <= wanted) }],
  ["contains", { prepare: contains }],
  ["not_contains", { prepare: contains, negated: true }],
  ["starts_with", { prepare: startsWith }],
  ["ends_with", { prepare: endsWith }],
  ["matches", { prepare: pattern }],
  ["exists", { prepare: noLiteral, presence: true }],
  ["not_exists", { prepare: noLiteral, presence: false }],
  ["semver_eq", { prepare: version((order) => order === 0) }],
  ["semver_gt", { prepare: version((order) => order > 0) }],
  ["semver_gte", { prepare: version((order) => order >= 0) }],
  ["semver_lt", { prepare: version((order) => order < 0) }],
  ["semver_lte", { prepare: version((order) => order <= 0) }],
  ["before", { prepare: instant(isEarlier) }],
  ["after", { prepare: instant((found, wanted) => isEarlier(wanted, found)) }],
  ["in_cidr", { prepare: networks }],
]);
