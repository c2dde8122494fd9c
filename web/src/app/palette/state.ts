/** Which of the two is open over the page; both are loaded when first opened. */

import { useSyncExternalStore } from "react";

export type Over = "palette" | "help" | null;

let current: Over = null;
const listeners = new Set<() => void>();

function set(next: Over): void {
  current = next;
  for (const each of listeners) each();
}

export const openPalette = (): void => set("palette");
export const openHelp = (): void => set("help");
export const closeOver = (): void => set(null);

export function useOver(): Over {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
