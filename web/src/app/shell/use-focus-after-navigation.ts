import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

const FRAMES = 120;

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
    let frames = 0;
    let handle = 0;
    const look = () => {
      const heading = document.querySelector<HTMLElement>("main h1, h1");
      const active = document.activeElement;
      const lost = active === null || active === document.body || active.closest("nav, [role=dialog]") !== null;
      if (heading !== null) {
        if (lost || !document.querySelector("main")?.contains(active)) heading.focus({ preventScroll: true });
      } else if (frames++ < FRAMES) handle = requestAnimationFrame(look);
    };
    handle = requestAnimationFrame(look);
    return () => cancelAnimationFrame(handle);
  }, [page]);
}
