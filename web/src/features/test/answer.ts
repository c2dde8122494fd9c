/** What a context was answered with, and the context that an address carries. */

import { isObject, type Json } from "@/lib/rules";
import { type Document, text } from "./document";

const REASONS: Readonly<Record<string, string>> = {
  STATIC: "nothing could change it",
  DEFAULT: "nothing else decided",
  TARGETING_MATCH: "a target or rule decided",
  SPLIT: "its bucket decided",
  DISABLED: "it is off",
  ERROR: "it could not be decided",
};

export interface Answer {
  readonly variation: string | null;
  readonly value: Json | undefined;
  readonly reason: string;
  readonly words: string;
  readonly error: string | null;
}

export function answerOf(decision: Document): Answer {
  const reason = text(decision.reason);
  const error = text(decision.errorCode) || text(decision.error_code);
  const detail = text(decision.errorDetails) || text(decision.error_message) || text(decision.message);
  return {
    variation: typeof decision.variation === "string" ? decision.variation : null,
    value: jsonOf(decision.value),
    reason,
    words: REASONS[reason] ?? reason,
    error: error === "" ? null : detail === "" ? error : `${error}: ${detail}`,
  };
}

function jsonOf(value: unknown): Json | undefined {
  const written = JSON.stringify(value);
  return written === undefined ? undefined : JSON.parse(written);
}

/** The context that an address carries; null where it is none. */
export function contextOf(written: string): Readonly<Record<string, unknown>> | null {
  if (written.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(written);
    return isObject(read) ? read : null;
  } catch {
    return null;
  }
}
