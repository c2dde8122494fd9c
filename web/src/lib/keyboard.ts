/** Keys of a page: single letters, `mod+s`, and two in a row as `g f`. Letters never fire where somebody types. */

import { useLayoutEffect, useRef } from "react";

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const SEQUENCE_MILLISECONDS = 1200;
/** How many parts of what is shown listen for each. */
const heard = new Map<string, number>();

/** Whether a key does something on the page as it stands. */
export const isHeard = (name: string): boolean => (heard.get(name) ?? 0) > 0;

function hear(names: readonly string[], step: 1 | -1): void {
  for (const name of names) heard.set(name, (heard.get(name) ?? 0) + step);
}

export function useKeys(keys: Keys, enabled = true): void {
  const current = useRef(keys);
  current.current = keys;
  const names = Object.keys(keys).join("\n");
  useLayoutEffect(() => {
    if (!enabled) return;
    const told = names.split("\n");
    hear(told, 1);
    return () => hear(told, -1);
  }, [enabled, names]);
  useLayoutEffect(() => {
    if (!enabled) return;
    let prefix = "";
    let prefixAt = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || isModifier(event.key)) return;
      const name = keyName(event);
      const isLetter = !name.startsWith("mod+") && name !== "escape";
      if (isLetter && (isTyping(event.target) || isDialogOpen(event.target))) return;
      const waiting = event.timeStamp - prefixAt < SEQUENCE_MILLISECONDS ? prefix : "";
      const sequence = waiting === "" ? name : `${waiting} ${name}`;
      const handler = current.current[sequence] ?? (waiting === "" ? undefined : current.current[name]);
      if (handler !== undefined) {
        prefix = "";
        event.preventDefault();
        handler(event);
        return;
      }
      const begins = Object.keys(current.current).some((each) => each.startsWith(`${name} `));
      prefix = begins ? name : "";
      prefixAt = event.timeStamp;
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [enabled]);
}

/** Whether the second key of a sequence such as `g f` is awaited belongs to `useKeys`; this tells what was pressed. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key.toLowerCase().replace("arrow", "");
  const shifted = event.shiftKey && event.key.length > 1 ? "shift+" : "";
  if (event.ctrlKey || event.metaKey) return `mod+${event.shiftKey ? "shift+" : ""}${key}`;
  return `${event.altKey ? "alt+" : ""}${shifted}${key}`;
}

/** How a key is written for this person. */
export function keyLabel(name: string): string {
  const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);
  return name
    .split(" ")
    .map((each) =>
      each
        .replace("mod+", isApple ? "⌘" : "Ctrl+")
        .replace(/\+([a-z])$/, (_, letter: string) => `+${letter.toUpperCase()}`),
    )
    .join(" ");
}

function isModifier(key: string): boolean {
  return key === "Shift" || key === "Control" || key === "Alt" || key === "Meta";
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "button", "range", "submit"].includes(target.type);
  return target.getAttribute("role") === "textbox" || target.getAttribute("role") === "combobox";
}

/** Behind a dialog the page's letters rest; those of the dialog itself come from inside it. */
function isDialogOpen(target: EventTarget | null): boolean {
  const dialog = document.querySelector("[role=dialog][aria-modal=true]");
  return dialog !== null && !(target instanceof Node && dialog.contains(target));
}
