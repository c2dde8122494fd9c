/** What arrives: events of the tail as rows, kept up to a limit, and minutes of counts summed up. */

import type { ServerEvent } from "@/lib/eventStream";
import { count, rate } from "@/lib/format";
import { isObject, type Json, member } from "@/lib/json";

export type TailKind = "exposure" | "metric" | "usage" | "refused" | "missed";

export interface TailRow {
  id: number;
  kind: TailKind;
  receivedAt: number | null;
  /** The flag or metric; of a refused event the reason's code. */
  subject: string;
  unit: string | null;
  /** Variation, value, or why it was refused. */
  detail: string;
  event: Json;
}

export const ROWS_MAX = 500;

export interface TailFilter {
  kind: "all" | "accepted" | "refused";
  text: string;
}

/** The newest first; the oldest go when there are too many. Numbers are given here, so that a row stays itself. */
export function withNewer(rows: readonly TailRow[], events: readonly ServerEvent[], firstId: number): TailRow[] {
  const newer = events.map((each, index) => tailRow(each, firstId + index)).filter((each) => each !== null);
  return [...newer.reverse(), ...rows].slice(0, ROWS_MAX);
}

export function tailRow(event: ServerEvent, id: number): TailRow | null {
  const data = parsed(event.data);
  if (!isObject(data)) return null;
  const receivedAt = typeof data.received_at === "number" ? data.received_at : null;
  if (event.event === "missed") {
    const count = typeof data.count === "number" ? data.count : 0;
    const detail = `${count} ${count === 1 ? "event" : "events"} came faster than this page reads`;
    return { id, kind: "missed", receivedAt, subject: "", unit: null, detail, event: data };
  }
  if (event.event === "rejected") return refused(data.rejected, receivedAt, id);
  if (event.event !== "accepted" || !isObject(data.event)) return null;
  return accepted(data.type, data.event, receivedAt, id);
}

function accepted(type: Json | undefined, event: Json & object, receivedAt: number | null, id: number): TailRow | null {
  if (!isObject(event)) return null;
  const text = (name: string) => {
    const found = member(event, name);
    return typeof found === "string" ? found : null;
  };
  if (type === "exposure") {
    const subject = text("flag") ?? "";
    return {
      id,
      kind: "exposure",
      receivedAt,
      subject,
      unit: text("user_key"),
      detail: text("variation") ?? "",
      event,
    };
  }
  if (type === "metric") {
    const value = member(event, "value");
    const detail = typeof value === "number" ? String(value) : "";
    return { id, kind: "metric", receivedAt, subject: text("metric") ?? "", unit: text("user_key"), detail, event };
  }
  if (type !== "usage") return null;
  const counts = member(event, "counts");
  const told = Array.isArray(counts) ? counts.filter(isObject) : [];
  const evaluations = told.reduce((sum, each) => sum + (typeof each.count === "number" ? each.count : 0), 0);
  const sdk = told.map((each) => each.sdk).find((each) => typeof each === "string" && each !== "");
  const detail = `${evaluations} evaluations of a minute`;
  return { id, kind: "usage", receivedAt, subject: typeof sdk === "string" ? sdk : "usage", unit: null, detail, event };
}

function refused(rejection: Json | undefined, receivedAt: number | null, id: number): TailRow | null {
  if (!isObject(rejection)) return null;
  const code = typeof rejection.code === "string" ? rejection.code : "refused";
  const detail = typeof rejection.detail === "string" ? rejection.detail : "";
  return { id, kind: "refused", receivedAt, subject: code, unit: null, detail, event: rejection };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function shown(rows: readonly TailRow[], filter: TailFilter): TailRow[] {
  const text = filter.text.trim().toLowerCase();
  return rows.filter((row) => {
    if (filter.kind === "accepted" && row.kind === "refused") return false;
    if (filter.kind === "refused" && row.kind !== "refused") return false;
    if (text === "") return true;
    return [row.subject, row.unit ?? "", row.detail].some((each) => each.toLowerCase().includes(text));
  });
}

/** Reasons whose code doesn't say it as people would. */
const REFUSALS: Readonly<Record<string, string>> = {
  timestamp_too_old: "too old",
  timestamp_too_new: "ahead of the clock",
  event_too_large: "too large",
  malformed_event: "malformed",
  invalid_json: "not JSON",
  missing_field: "with a field missing",
  empty_field: "with an empty field",
  wrong_type: "with a value of the wrong type",
  unknown_type: "of an unknown type",
  unknown_value: "with an unknown value",
  out_of_range: "with a value out of range",
  too_long: "with a text too long",
  invalid_key: "with an invalid key",
  invalid_event_id: "with an invalid id",
  invalid_timestamp: "with an invalid time",
  invalid_sdk: "with an invalid SDK",
  override_in_experiment: "of an override within an experiment",
  experiment_not_listed: "of an experiment not listed",
  experiment_repeated: "with an experiment twice",
  error_without_reason: "of an error without a reason",
};

export const refusalName = (code: string): string => REFUSALS[code] ?? code.replaceAll("_", " ");

/** In words, what a count of refused events is made of: "12 late, 3 malformed event". */
export function refusalWords(refused: Readonly<Record<string, number>>): string {
  return Object.entries(refused)
    .filter(([, number]) => number > 0)
    .sort(([, left], [, right]) => right - left)
    .map(([code, number]) => `${count(number)} ${refusalName(code)}`)
    .join(", ");
}

export interface MinuteCounts {
  exposures: number;
  metrics: number;
  usage: number;
  rejected: Readonly<Record<string, number>>;
}

export interface Arrived {
  exposures: number;
  metrics: number;
  usage: number;
  refused: number;
  reasons: Record<string, number>;
}

export function summed(minutes: readonly MinuteCounts[]): Arrived {
  const sum: Arrived = { exposures: 0, metrics: 0, usage: 0, refused: 0, reasons: {} };
  for (const minute of minutes) {
    sum.exposures += minute.exposures;
    sum.metrics += minute.metrics;
    sum.usage += minute.usage;
    for (const [code, number] of Object.entries(minute.rejected)) {
      sum.refused += number;
      sum.reasons[code] = (sum.reasons[code] ?? 0) + number;
    }
  }
  return sum;
}

/** "52.61% of exposures, 50.00% expected": the second of the units of the one experiment under way. */
export function shareWords(each: { readonly share: number | null; readonly expected_share: number | null }): string {
  const expected = each.expected_share === null ? [] : [`${rate(each.expected_share)} expected`];
  return [...(each.share === null ? [] : [`${rate(each.share)} of exposures`]), ...expected].join(", ");
}
