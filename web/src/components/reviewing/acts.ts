/** What is done with an entity as a whole, in words. */

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

const WORDS_SHOWN = 3;

/** The act itself, then what it does to others with it: "Settings of checkout in production are changed: …". */
export function actWords(name: string, changes: readonly Change[]): string[] {
  return [name, ...changes.slice(1).map(consequence)];
}

function consequence({ entity, key, action, words }: Change): string {
  const [owner = key, environment] = key.split("/");
  const what =
    entity.endsWith("_settings") && environment !== undefined
      ? `Settings of ${owner} in ${environment}`
      : `${entity[0]?.toUpperCase()}${entity.slice(1).replaceAll("_", " ")} ${key}`;
  if (action === "delete") return `${what}: deleted with it`;
  const more = words.length > WORDS_SHOWN ? `; and ${words.length - WORDS_SHOWN} more` : "";
  return `${what}: ${words.slice(0, WORDS_SHOWN).join("; ")}${more}`;
}
