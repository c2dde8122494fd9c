import type { Written } from "@/api/clients";
import { type Subject, undoChange } from "./queries";

/**
 * The way back of a write, by its history; nothing newer is taken back. A creation is undone by archiving, a deletion,
 * which has no version, by making it anew.
 */
export function undoOf(
  subject: Subject,
  written: Written<{ readonly version?: number; readonly environment_versions?: unknown }>,
  refresh: () => Promise<unknown>,
): () => Promise<void> {
  return async () => {
    await undoChange(subject, written.data.version);
    await refresh();
  };
}
