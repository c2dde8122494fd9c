/** Targeting keys as people give them: pasted, in a file, refused by the line. */

import { count, plural } from "@/lib/format";

export const SHORT_LIST_MAX = 20_000;
export const FILE_BYTES_MAX = 67_108_864;

/** A key a line, or with commas or tabs between; each once, in the order in which they came. */
export function pastedKeys(text: string): string[] {
  const keys = text.split(/[\n\r,;\t]+/).map((each) => each.trim().replace(/^"(.*)"$/, "$1"));
  return [...new Set(keys.filter((each) => each !== ""))];
}

export interface ListDifference {
  added: string[];
  removed: string[];
}

export function listDifference(before: readonly string[], after: readonly string[]): ListDifference {
  const [was, is] = [new Set(before), new Set(after)];
  return { added: after.filter((each) => !was.has(each)), removed: before.filter((each) => !is.has(each)) };
}

export const FORMS = {
  csv: "text/csv",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
  txt: "text/plain",
} as const;

export type FileForm = (typeof FORMS)[keyof typeof FORMS];

/** How the service reads a file of this name; undefined where it reads none of that kind. */
export function fileForm(name: string): FileForm | undefined {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(FORMS, ending) ? FORMS[ending as keyof typeof FORMS] : undefined;
}

export interface RefusedLine {
  /** Null: of the file as a whole. */
  line: number | null;
  reason: string;
}

export function refusedLines(fields: readonly { field: string; message: string }[]): RefusedLine[] {
  return fields
    .map(({ field, message }) => {
      const found = /^line (\d+)$/.exec(field)?.[1];
      return { line: found === undefined ? null : Number(found), reason: message };
    })
    .sort((left, right) => (left.line ?? 0) - (right.line ?? 0));
}

export function bytesWords(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)));
  const value = bytes / 1024 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

interface Outcome {
  readonly listing: "included" | "excluded";
  readonly before: number;
  readonly now: number;
  /** Nothing would change. */
  readonly same: boolean;
}

/** What a file would make of a long list. */
export function triedWords({ listing, before, now, same }: Outcome): string {
  if (same) return `It changes nothing: the list is so already, with ${plural(before, "key")} ${listing}.`;
  return `${plural(now, "key")} would be ${listing} then; ${count(before)} are now.`;
}
