/** Literals as people type and read them. */

import type { Json } from "./condition";

export type ScalarKind = "text" | "number" | "boolean" | "mixed";

export function kindOf(value: Json | undefined): ScalarKind {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return "text";
}

/** Of the elements of a list: what all of them are. */
export function kindOfAll(values: readonly Json[]): ScalarKind {
  const kinds = new Set(values.map(kindOf));
  const [only] = kinds;
  return kinds.size > 1 ? "mixed" : (only ?? "text");
}

/** A typed text as a literal of a kind; undefined where it is none. Mixed lists are typed as JSON. */
export function literalOf(text: string, kind: ScalarKind): Json | undefined {
  if (kind === "text") return text;
  const trimmed = text.trim();
  if (kind === "boolean") return trimmed === "true" ? true : trimmed === "false" ? false : undefined;
  if (kind === "number") {
    const number = trimmed === "" ? Number.NaN : Number(trimmed);
    return Number.isFinite(number) ? number : undefined;
  }
  try {
    const value: Json = JSON.parse(trimmed);
    return typeof value === "object" ? undefined : value;
  } catch {
    return undefined;
  }
}

export const textOf = (value: Json, kind: ScalarKind): string =>
  kind === "mixed" || typeof value === "object" ? JSON.stringify(value) : String(value);

/** How long lists are told: the first ones, and how many more. */
const SHOWN_MAX = 5;

export function shownLiteral(value: Json | undefined): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) {
    if (value.length === 0) return "nothing";
    const shown = value.slice(0, SHOWN_MAX).map(shownLiteral).join(", ");
    return value.length > SHOWN_MAX ? `${shown} and ${(value.length - SHOWN_MAX).toLocaleString("en")} more` : shown;
  }
  if (typeof value === "string") return needsQuotes(value) ? `“${value}”` : value;
  return JSON.stringify(value);
}

/** Where a bare text would be taken for something else, or not be seen. */
function needsQuotes(text: string): boolean {
  return text === "" || text !== text.trim() || /[,“”"]/.test(text) || literalLooksOtherwise(text);
}

const literalLooksOtherwise = (text: string): boolean =>
  text === "true" || text === "false" || text === "null" || (text.trim() !== "" && Number.isFinite(Number(text)));

/** Pasted text as elements: a line each, or where there is one line, between commas, semicolons or tabs. */
export function pasted(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  const parts = lines.filter((line) => line.trim() !== "").length > 1 ? lines : text.split(/[,;\t]/);
  return parts.map((part) => part.trim().replace(/^(["'])(.*)\1$/, "$2")).filter((part) => part !== "");
}

/** Without those that stand there twice. */
export function together(values: readonly Json[], more: readonly Json[]): Json[] {
  const seen = new Set(values.map((each) => JSON.stringify(each)));
  const fresh = more.filter((each) => {
    const name = JSON.stringify(each);
    return !seen.has(name) && seen.add(name);
  });
  return [...values, ...fresh];
}
