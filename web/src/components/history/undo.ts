import type { Written } from "@/api/clients";
import { type Subject, undoChange } from "./queries";

/** The way back of a write, by its history; nothing newer is taken back. A creation is undone by archiving. */
export function undoOf(
  subject: Subject,
  written: Written<{ readonly version: number }>,
  refresh: () => Promise<unknown>,
): () => Promise<void> {
  return async () => {
    await undoChange(subject, written.data.version);
    await refresh();
  };
}
