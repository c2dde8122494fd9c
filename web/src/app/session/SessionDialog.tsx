import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { whoIsSignedIn } from "@/api/session";
import type { Person } from "@/api/shared-queries";
import { onSessionEnd } from "@/api/signed-in";
import { patiently } from "@/lib/patiently";
import { onSignOutElsewhere } from "./tabs";

const SessionPrompt = lazy(() => patiently(() => import("./SessionPrompt")));

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
    // What waits was asked by the first one: nobody else may send it, or go on with what the first one may see.
    if ((await whoIsSignedIn()) !== person.id) {
      client.clear();
      leave("/");
      return;
    }
    setOpened(false);
    waiting.current?.();
    waiting.current = null;
  }, [client, person.id]);

  if (!opened) return null;
  return (
    <Suspense fallback={null}>
      <SessionPrompt email={person.email} onDone={done} />
    </Suspense>
  );
}

/** Without being asked about a draft: it is another person's. */
function leave(address: string): void {
  window.addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), { capture: true });
  window.location.assign(address);
}
