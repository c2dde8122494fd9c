import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { type Keys, useKeys } from "@/lib/keyboard";
import { patiently } from "@/lib/patiently";
import { undoLatest } from "@/lib/undo";
import { pagePath, useParams } from "@/lib/url";
import { closeOver, openHelp, openPalette, useOver } from "../palette/state";
import { groups } from "./Rail";

const Palette = lazy(() => patiently(() => import("../palette/Palette")));
const Help = lazy(() => patiently(() => import("../palette/Help")));

/** The keys that work on every page, and what they open. */
export function ShellKeys() {
  const over = useOver();
  const { project } = useParams();
  const navigate = useNavigate();
  const keys = useMemo<Keys>(() => {
    const pages = groups.flatMap((group) => group.pages);
    return {
      "mod+k": openPalette,
      "/": () => focusSearch() || openPalette(),
      "?": openHelp,
      u: undoLatest,
      "shift+?": openHelp,
      ...Object.fromEntries(
        pages.map((page) => [`g ${page.key}`, () => void navigate({ to: pagePath(project, page.path) })]),
      ),
    };
  }, [navigate, project]);
  useKeys(keys);
  return (
    <Suspense fallback={null}>
      {over === "palette" && <Palette onClose={closeOver} />}
      {over === "help" && <Help onClose={closeOver} />}
    </Suspense>
  );
}

/** The page's own search where it has one. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[data-page-search]");
  field?.focus();
  field?.select();
  return field !== null;
}
