import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { Person } from "@/api/shared-queries";
import { meQuery } from "@/api/shared-queries";
import { onSessionEnd } from "@/api/signed-in";
import { onSignOutElsewhere } from "./tabs";

const SessionPrompt = lazy(() => import("./SessionPrompt"));

/** A session that ends amid work is renewed over the page: requests wait, and drafts are still there after it. */
export function SessionDialog({ person }: { readonly person: Person }) {
  const [opened, setOpened] = useState(false);
  const waiting = useRef<(() => void) | null>(null);
  const client = useQueryClient();

  useEffect(
    () =>
      onSessionEnd(
        () =>
          new Promise<void>((resolve) => {
            waiting.current = resolve;
            setOpened(true);
          }),
      ),
    [],
  );
  useEffect(
    () =>
      onSignOutElsewhere(() => {
        client.clear();
        window.location.assign("/sign-in");
      }),
    [client],
  );

  const done = useCallback(async () => {
    const before = person.id;
    setOpened(false);
    waiting.current?.();
    waiting.current = null;
    const now = await client.fetchQuery({ ...meQuery, staleTime: 0 });
    // Somebody else must not go on with what the first one may see.
    if (now.id !== before) {
      client.clear();
      window.location.assign("/");
    }
  }, [client, person.id]);

  if (!opened) return null;
  return (
    <Suspense fallback={null}>
      <SessionPrompt email={person.email} onDone={() => void done()} />
    </Suspense>
  );
}
