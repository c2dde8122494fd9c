/** What is done with entities as a whole: tried first, and told in words. */

import { asProblem, type Problem } from "@/api/problem";

export type Act = "archive" | "restore" | "delete";

export const VERBS: Record<Act, string> = { archive: "Archive", restore: "Restore", delete: "Delete" };
export const DONE: Record<Act, string> = { archive: "Archived", restore: "Restored", delete: "Deleted" };

export interface How {
  /** Tells what would be written, and writes nothing. */
  readonly dryRun: boolean;
  readonly reason?: string;
}

interface Change {
  readonly entity: string;
  readonly key: string;
  readonly action: string;
  readonly words: readonly string[];
}

/** The answer of a dry run, as far as its words go. */
export interface Tried {
  readonly changes?: readonly Change[] | null;
  readonly environment_versions?: Readonly<Record<string, number>>;
}

/** What trying a write has shown. */
export interface Outcome<T> {
  /** What it would answer; undefined where it would be refused. */
  readonly answer?: T;
  /** Why it would be refused. That others have to agree, or want to know why, is none: the review asks for both. */
  readonly refusal: Problem | null;
  readonly mustAsk: boolean;
  readonly needsReason: boolean;
}

/** The reason of what is tried where one is wanted: it is kept nowhere. */
export const TRIED = "Tried, not done";

/** Tries a write: with a reason, where it is refused for want of one. */
export async function tryOut<T>(act: (how: How) => Promise<T>): Promise<Outcome<T>> {
  let needsReason = false;
  try {
    try {
      return { answer: await act({ dryRun: true }), refusal: null, mustAsk: false, needsReason };
    } catch (thrown) {
      if (!asProblem(thrown).fields.some((each) => each.code === "reason_required")) throw thrown;
      needsReason = true;
      return { answer: await act({ dryRun: true, reason: TRIED }), refusal: null, mustAsk: false, needsReason };
    }
  } catch (thrown) {
    const problem = asProblem(thrown);
    const mustAsk = isForApproval(problem);
    return { refusal: mustAsk ? null : problem, mustAsk, needsReason };
  }
}

/** Of a write of many it is what refuses each of them. */
function isForApproval({ code, fields }: Problem): boolean {
  const codes = fields.length > 0 && code !== APPROVAL ? fields.map((each) => each.code) : [code];
  return codes.every((each) => each === APPROVAL);
}

const APPROVAL = "approval_required";
const WORDS_SHOWN = 3;

/** The act itself, then what it does to others with it: "Settings of checkout in production: enabled: true → false". */
export function actWords(name: string, changes: readonly Change[]): string[] {
  return [name, ...changes.slice(1).map(changeWords)];
}

/** One of the changes that a dry run tells. */
export function changeWords({ entity, key, action, words }: Change): string {
  const [owner = key, environment] = key.split("/");
  const what =
    entity.endsWith("_settings") && environment !== undefined
      ? `Settings of ${owner} in ${environment}`
      : `${entity[0]?.toUpperCase()}${entity.slice(1).replaceAll("_", " ")} ${key}`;
  if (action === "delete") return `${what}: deleted with it`;
  const more = words.length > WORDS_SHOWN ? `; and ${words.length - WORDS_SHOWN} more` : "";
  return `${what}: ${words.slice(0, WORDS_SHOWN).join("; ")}${more}`;
}
