import { useBlocker } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { same } from "@/lib/json";
import { askToConfirm } from "./confirm";

export interface Draft<T> {
  readonly draft: T;
  /** A changed copy, or a function of the current one. */
  readonly set: (next: T | ((current: T) => T)) => void;
  readonly dirty: boolean;
  /** Back to what is stored now. */
  readonly discard: () => void;
  /** What the draft was made from, and which version that is: what a save names. */
  readonly base: T;
  readonly version: number;
  /** What is stored has changed since; `rebase` says that the draft knows it. */
  readonly moved: boolean;
  readonly rebase: (next: T) => void;
  /** It was written as it is in this render, as this version: it goes on being shown until that has been read. */
  readonly saved: (version: number) => void;
}

interface Options {
  /** Tabs of the same entity show parts of the draft, so going from one to another leaves nothing. */
  readonly acrossTabs?: boolean;
  /** Of what is stored. */
  readonly version?: number;
}

interface Held<T> {
  readonly base: T;
  readonly draft: T;
  readonly version: number;
  readonly saved: boolean;
}

/** An edited copy of what is stored. It lives as long as the page does, and leaving it asks. */
export function useDraft<T>(stored: T, { acrossTabs = false, version = 0 }: Options = {}): Draft<T> {
  const [last, setHeld] = useState<Held<T> | null>(null);
  const held = last?.saved && version >= last.version ? null : last;
  const base = held?.base ?? stored;
  const draft = held?.draft ?? stored;
  const dirty = useMemo(() => held !== null && !held.saved && !same(held.draft, held.base), [held]);
  // Until what was written here has been read, what is stored is older than the draft: nobody else has changed it.
  const moved = useMemo(
    () => dirty && version >= (held?.version ?? 0) && !same(base, stored) && !same(draft, stored),
    [dirty, held, version, base, draft, stored],
  );
  useLeaveAsks(dirty, acrossTabs);

  const set = useCallback<Draft<T>["set"]>(
    (next) =>
      setHeld((current) => {
        const from = current ?? { base: stored, draft: stored, version };
        return {
          base: from.base,
          version: from.version,
          draft: isUpdate<T>(next) ? next(from.draft) : next,
          saved: false,
        };
      }),
    [stored, version],
  );
  const discard = useCallback(() => setHeld(null), []);
  const rebase = useCallback(
    (next: T) => setHeld({ base: stored, draft: next, version, saved: false }),
    [stored, version],
  );
  const saved = useCallback(
    (written: number) =>
      setHeld((current) => {
        if (current === null) return null;
        // What was changed while it was written is a change of what was written.
        const whole = same(current.draft, draft);
        return { base: whole ? current.draft : draft, draft: current.draft, version: written, saved: whole };
      }),
    [draft],
  );

  // A draft that is as before, or as it is stored by now, holds nothing back: what is stored goes on showing through.
  useEffect(() => {
    if (last === null) return;
    if (held === null || (!held.saved && (!dirty || same(held.draft, stored)))) setHeld(null);
  }, [last, held, dirty, stored]);

  // What was changed beside what is edited needs no rebase: the draft stands on the version that stands now.
  return { draft, set, dirty, discard, base, version: moved && held ? held.version : version, moved, rebase, saved };
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
