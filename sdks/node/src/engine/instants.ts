/** Points in time, exact: RFC 3339 text with an offset, or epoch milliseconds. */

import type { Json } from "./json.js";
import { Remembered } from "./remembered.js";

const INSTANT_LENGTH_MAX = 256;
const REMEMBERED = 2048;
const DAY_SECONDS = 86_400;
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const RFC3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;

/** Whole milliseconds since the epoch, and the decimal digits of the rest without trailing zeros. */
export interface Instant {
  readonly milliseconds: number | bigint;
  readonly rest: string;
}

/** Days from 1 January 0000 to 1 January of `year` in the proleptic Gregorian calendar. */
function daysBeforeYear(year: number): number {
  const last = year - 1;
  return year * 365 + Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400) + 1;
}

const EPOCH_DAYS = daysBeforeYear(1970);

/** Days since the epoch, undefined if there is no such date. */
function daysOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12) return undefined;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lengths = MONTH_LENGTHS.with(1, leap ? 29 : 28);
  if (day < 1 || day > lengths[month - 1]!) return undefined;
  const before = lengths.slice(0, month - 1).reduce((sum, length) => sum + length, 0);
  return daysBeforeYear(year) - EPOCH_DAYS + before + day - 1;
}

function parseText(text: string): Instant | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [fraction = "", sign, hours, minutes] = match.slice(7);
  const days = daysOf(year, month, day);
  if (days === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  let offset = 0;
  if (sign !== undefined) {
    if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
    offset = (Number(hours) * 3600 + Number(minutes) * 60) * (sign === "+" ? 1 : -1);
  }
  const seconds = days * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
  if (second === 60 && seconds % DAY_SECONDS !== 0) return undefined;
  const thousandths = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return { milliseconds: seconds * 1000 + thousandths, rest: fraction.slice(3).replace(/0+$/, "") };
}

const remembered = new Remembered(REMEMBERED, parseText);

/**
 * The point in time, or undefined if `value` is none.
 *
 * Text must be RFC 3339 with an offset: any number of fraction digits, at most 256 characters in all; second 60 only at
 * the end of a UTC day, and it counts as the second after. A number is epoch milliseconds; a fraction of a millisecond
 * is cut. A date alone, a time without an offset, digits in a string and a boolean are none.
 */
export function parseInstant(value: Json | undefined): Instant | undefined {
  if (typeof value === "string") return value.length <= INSTANT_LENGTH_MAX ? remembered.of(value) : undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? { milliseconds: Math.floor(value), rest: "" } : undefined;
  }
  return typeof value === "bigint" ? { milliseconds: value, rest: "" } : undefined;
}

/** Is `left` strictly earlier than `right`? */
export function isEarlier(left: Instant, right: Instant): boolean {
  if (left.milliseconds < right.milliseconds) return true;
  return left.milliseconds <= right.milliseconds && left.rest < right.rest;
}
