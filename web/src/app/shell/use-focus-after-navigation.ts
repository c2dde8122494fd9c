import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

/** After a change of page the heading has the focus, so that a reader of screens begins there. A tab or a filter of the
 * same page moves nothing. */
export function useFocusAfterNavigation(): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? "" });
  const page = path.split("/").slice(0, 5).join("/");
  const before = useRef(page);
  useEffect(() => {
    if (before.current === page) return;
    const first = before.current === "";
    before.current = page;
    if (first) return;
    // A page may wait for its data before it has a heading.
    const observer = new MutationObserver(() => look() && observer.disconnect());
    const handle = requestAnimationFrame(() => {
      if (!look()) observer.observe(document.body, { childList: true, subtree: true });
    });
    return () => {
      cancelAnimationFrame(handle);
      observer.disconnect();
    };
  }, [page]);
}

/** Whether there was a heading. Somebody who went on into the page meanwhile is left where they are. */
function look(): boolean {
  const heading = document.querySelector<HTMLElement>("main h1, h1");
  if (heading === null) return false;
  const active = document.activeElement;
  const lost = active === null || active === document.body || active.closest("nav, [role=dialog]") !== null;
  if (lost || !document.querySelector("main")?.contains(active)) heading.focus({ preventScroll: true });
  return true;
}
