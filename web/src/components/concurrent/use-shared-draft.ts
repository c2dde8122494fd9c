import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { asProblem } from "@/api/problem";
import { type Merged, merged, type Parts } from "@/lib/merge";
import type { Subject } from "../history/queries";
import { type Draft, useDraft } from "../use-draft";
import { useReadWhenPublished, useReadWhileEdited } from "./queries";

interface Given<T> {
  /** What is stored now, as it is edited. */
  readonly stored: T;
  readonly version: number;
  /** How its parts are merged; what isn't named is chosen as a whole. */
  readonly parts?: Parts<T>;
  /** What is read anew to see whether it has changed. */
  readonly readBy: QueryKey;
  /** Where every change of it is published; otherwise it is read itself while it is edited. */
  readonly publishedIn?: { readonly project: string; readonly environment: string };
  /** Whose history tells who has changed it; null where nothing keeps one. */
  readonly subject: Subject | null;
  readonly acrossTabs?: boolean;
}

export interface SharedDraft<T> extends Draft<T> {
  readonly stored: T;
  readonly storedVersion: number;
  readonly subject: Subject | null;
  /** My changes laid over what stands now; null while the draft is made from that. */
  readonly merged: Merged<T> | null;
  /** A save named a version that isn't the last any more: what is, is read. */
  readonly readAnew: () => Promise<void>;
  /** For the `catch` of a save: where it named a version that isn't the last any more, what is, is read. */
  readonly readIfStale: (thrown: unknown) => Promise<never>;
}

/** A draft of what others may edit at the same time. `Meanwhile` shows what they have done. */
export function useSharedDraft<T extends object>(given: Given<T>): SharedDraft<T> {
  const { stored, version, parts, readBy, publishedIn, subject, acrossTabs = false } = given;
  const client = useQueryClient();
  const edited = useDraft(stored, { version, acrossTabs });
  const { base, draft, dirty, moved } = edited;
  useReadWhenPublished(publishedIn ?? NOWHERE, readBy, publishedIn !== undefined);
  useReadWhileEdited(readBy, publishedIn === undefined && dirty);
  const laid = useMemo(
    () => (moved ? merged(base, draft, stored, parts ?? {}) : null),
    [moved, base, draft, stored, parts],
  );
  const readAnew = useCallback(() => client.invalidateQueries({ queryKey: readBy, exact: true }), [client, readBy]);
  const readIfStale = useCallback(
    async (thrown: unknown): Promise<never> => {
      if (asProblem(thrown).status === 412) await readAnew();
      throw thrown;
    },
    [readAnew],
  );
  return { ...edited, stored, storedVersion: version, subject, merged: laid, readAnew, readIfStale };
}

const NOWHERE = { project: "", environment: "" };
