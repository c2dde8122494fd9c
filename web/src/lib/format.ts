/** Figures and moments as people read them, by `Intl`. What is absent is a dash; who shows it says why. */

export const ABSENT = "–";

type Figure = number | null | undefined;

const locale = "en";
const twoDecimals = new Intl.NumberFormat(locale, {
  style: "percent",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const share100 = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const signedOne = new Intl.NumberFormat(locale, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});
const signedPoints = new Intl.NumberFormat(locale, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const compactWhole = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const significant = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 });
const signedSignificant = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4, signDisplay: "exceptZero" });

const known = (value: Figure): value is number => typeof value === "number" && Number.isFinite(value);
/** A real minus sign is as wide as a plus. */
const minus = (text: string): string => text.replace("-", "\u2212");

/** 0.4412 -> "44.12%". */
export const rate = (value: Figure): string => (known(value) ? minus(twoDecimals.format(value)) : ABSENT);
/** 0.034 -> "+3.4%". */
export const lift = (value: Figure): string => (known(value) ? minus(signedOne.format(value)) : ABSENT);
/** A difference of rates: -0.0082 -> "−0.82 pp". */
export const points = (value: Figure): string =>
  known(value) ? `${minus(signedPoints.format(value * 100))} pp` : ABSENT;
/** A weight in percent: 12.5 -> "12.5%". */
export const percent = (value: Figure): string => (known(value) ? `${share100.format(value)}%` : ABSENT);
export const count = (value: Figure): string => (known(value) ? whole.format(value) : ABSENT);
/** 12,345 -> "12.3K". */
export const shortCount = (value: Figure): string => (known(value) ? compactWhole.format(value) : ABSENT);
/** A mean: four significant digits. */
export const amount = (value: Figure): string => (known(value) ? minus(significant.format(value)) : ABSENT);
/** A difference of means. */
export const signedAmount = (value: Figure): string => (known(value) ? minus(signedSignificant.format(value)) : ABSENT);

export function pValue(value: Figure): string {
  if (!known(value)) return ABSENT;
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

/** A code as a label: "running" -> "Running". */
export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** 1 flag, 2 flags. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const UNITS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30, "day"],
  [12, "month"],
  [Number.POSITIVE_INFINITY, "year"],
];
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

/** "3 minutes ago", "in 2 days". */
export function relativeTime(at: string | number | Date | null | undefined, now: number = Date.now()): string {
  const moment = momentOf(at);
  if (moment === null) return ABSENT;
  let value = (moment.getTime() - now) / 1000;
  if (Math.abs(value) < 2) return "just now";
  for (const [size, unit] of UNITS) {
    if (Math.abs(Math.round(value)) < size) return relative.format(Math.round(value), unit);
    value /= size;
  }
  return ABSENT;
}

const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "long" });
const dayOnly = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const utcDay = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

/** In the person's zone, which it names: "29 Nov 2026, 12:49:03 UTC". */
export function absoluteTime(at: string | number | Date | null | undefined): string {
  const moment = momentOf(at);
  return moment === null ? ABSENT : full.format(moment);
}

/** The person's zone, which fields for moments name: "Europe/Berlin". */
export const zoneName = (): string => full.resolvedOptions().timeZone;

export function day(at: string | number | Date | null | undefined): string {
  const moment = momentOf(at);
  return moment === null ? ABSENT : dayOnly.format(moment);
}

/** Of a series by day, which is counted in UTC. */
export function dayInUtc(at: string | number | Date | null | undefined): string {
  const moment = momentOf(at);
  return moment === null ? ABSENT : utcDay.format(moment);
}

const DAY_MILLISECONDS = 86_400_000;
const axisFormats = {
  seconds: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
  minutes: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  hours: new Intl.DateTimeFormat(locale, {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }),
  days: new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" }),
} as const;

/** A moment at an axis that spans so many milliseconds, in the person's zone: "14:30", "Nov 30". */
export function axisTime(at: Date, span: number): string {
  if (span < DAY_MILLISECONDS / 144) return axisFormats.seconds.format(at);
  if (span < DAY_MILLISECONDS) return axisFormats.minutes.format(at);
  return (span < 3 * DAY_MILLISECONDS ? axisFormats.hours : axisFormats.days).format(at);
}

const shortUtcDay = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });

/** Of a series by day at an axis: "Nov 29". */
export function shortDayInUtc(at: string | number | Date | null | undefined): string {
  const moment = momentOf(at);
  return moment === null ? ABSENT : shortUtcDay.format(moment);
}

/** Milliseconds: "180 ms", "0.2 s" from a tenth of a second where `seconds`, "3 min 20 s", "2 h 5 min", "4 d 2 h". */
export function duration(milliseconds: Figure): string {
  if (!known(milliseconds)) return ABSENT;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const total = Math.round(seconds);
  if (total < 3600) return two(Math.floor(total / 60), "min", total % 60, "s");
  if (total < 86_400) return two(Math.floor(total / 3600), "h", Math.floor((total % 3600) / 60), "min");
  return two(Math.floor(total / 86_400), "d", Math.floor((total % 86_400) / 3600), "h");
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function momentOf(at: string | number | Date | null | undefined): Date | null {
  if (at === null || at === undefined) return null;
  const moment = at instanceof Date ? at : new Date(at);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
