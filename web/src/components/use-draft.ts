import { useBlocker } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { askToConfirm } from "./confirm";

export interface Draft<T> {
  readonly draft: T;
  /** A changed copy, or a function of the current one. */
  readonly set: (next: T | ((current: T) => T)) => void;
  readonly dirty: boolean;
  /** Back to what is stored now; also after it was saved. */
  readonly discard: () => void;
  /** What the draft was made from. */
  readonly base: T;
  /** What is stored has changed since; `rebase` says that the draft knows it. */
  readonly moved: boolean;
  readonly rebase: (next: T) => void;
}

interface Options {
  /** Tabs of the same entity show parts of the draft, so going from one to another leaves nothing. */
  readonly acrossTabs?: boolean;
}

/** An edited copy of what is stored. It lives as long as the page does, and leaving it asks. */
export function useDraft<T>(stored: T, { acrossTabs = false }: Options = {}): Draft<T> {
  const [held, setHeld] = useState<{ readonly base: T; readonly draft: T } | null>(null);
  const base = held?.base ?? stored;
  const draft = held?.draft ?? stored;
  const dirty = useMemo(() => held !== null && !same(held.draft, held.base), [held]);
  const moved = useMemo(() => dirty && !same(base, stored), [dirty, base, stored]);
  useLeaveAsks(dirty, acrossTabs);

  const set = useCallback<Draft<T>["set"]>(
    (next) =>
      setHeld((current) => {
        const from = current ?? { base: stored, draft: stored };
        return { base: from.base, draft: isUpdate<T>(next) ? next(from.draft) : next };
      }),
    [stored],
  );
  const discard = useCallback(() => setHeld(null), []);
  const rebase = useCallback((next: T) => setHeld({ base: stored, draft: next }), [stored]);

  // A draft that is as before holds nothing back: what is stored goes on showing through.
  useEffect(() => {
    if (held !== null && !dirty) setHeld(null);
  }, [held, dirty]);

  return { draft, set, dirty, discard, base, moved, rebase };
}

function useLeaveAsks(dirty: boolean, acrossTabs: boolean): void {
  useBlocker({
    disabled: !dirty,
    enableBeforeUnload: dirty,
    shouldBlockFn: async ({ current, next }) => {
      const depth = acrossTabs ? 5 : Number.POSITIVE_INFINITY;
      const part = (path: string) => path.replace(/\/$/, "").split("/").slice(0, depth).join("/");
      const environment = (search: unknown) => (isSearch(search) ? search.env : undefined);
      const stays =
        part(current.pathname) === part(next.pathname) && environment(current.search) === environment(next.search);
      if (stays) return false;
      const leave = await askToConfirm({
        title: "Leave without saving?",
        text: "What you changed on this page has not been saved.",
        confirm: "Discard the changes",
      });
      return !leave;
    },
  });
}

function isUpdate<T>(next: T | ((current: T) => T)): next is (current: T) => T {
  return typeof next === "function";
}

function isSearch(value: unknown): value is { env?: unknown } {
  return typeof value === "object" && value !== null;
}

/** By value, whatever the order of an object's members. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = Object.entries(one).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(other).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && same(value, right.get(key)));
}
