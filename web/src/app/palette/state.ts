/** Which of the two is open over the page; both are loaded when first opened. */

import { useSyncExternalStore } from "react";

export type Over = "palette" | "help" | null;

let current: Over = null;
/** What was typed since the palette was asked for: nothing of it may reach the page behind. */
let typed = "";
const listeners = new Set<() => void>();

function set(next: Over): void {
  current = next;
  if (next === "palette") document.addEventListener("keydown", collect, true);
  else takeTyped();
  for (const each of listeners) each();
}

export const openPalette = (): void => set("palette");
export const openHelp = (): void => set("help");
export const closeOver = (): void => set(null);

function collect(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") closeOver();
  else if (event.key === "Backspace") typed = typed.slice(0, -1);
  else if (event.key.length === 1) typed += event.key;
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** For the palette's field, once it takes keys itself. */
export function takeTyped(): string {
  document.removeEventListener("keydown", collect, true);
  const taken = typed;
  typed = "";
  return taken;
}

export function useOver(): Over {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
