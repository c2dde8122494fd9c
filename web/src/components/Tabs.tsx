import { useNavigate, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { focusFirstField } from "@/lib/first-field";
import { useKeys } from "@/lib/keyboard";
import { pagePath, useParams } from "@/lib/url";
import { PageLink } from "./PageLink";
import classes from "./Tabs.module.css";

export interface Tab {
  /** The last part of the address; the first tab has none. */
  readonly key: string;
  readonly label: string;
  /** A count or a mark beside it. */
  readonly badge?: ReactNode;
  /** What `e` does there: it goes to the first field, or the tab hears it itself. From a tab without, it goes to the
   * first one that has it. */
  readonly edit?: "fields" | "own";
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
}

/** Of an entity's page. Each tab is an address, so they are links. */
export function Tabs({ label, tabs }: Props) {
  const { project, key, tab } = useParams();
  const navigate = useNavigate();
  const page = useRouterState({ select: (state) => state.location.pathname.split("/")[3] ?? "" });
  const first = tabs[0]?.key;
  const current = tabs.some((each) => each.key === tab) ? tab : first;
  const addressOf = (each: Tab) =>
    each.key === first
      ? pagePath(project, page, key || undefined)
      : pagePath(project, page, key || undefined, each.key);
  const here = tabs.find((each) => each.key === current)?.edit;
  const there = tabs.find((each) => each.edit !== undefined);
  const edit = () => {
    if (here === "fields") focusFirstField();
    else if (there !== undefined) void navigate({ to: addressOf(there), search: true });
  };
  useKeys({ e: edit }, there !== undefined && here !== "own");
  return (
    <nav aria-label={label} className={classes.tabs}>
      {tabs.map((each) => (
        <PageLink
          key={each.key}
          to={addressOf(each)}
          className={`${classes.tab} ${each.key === current ? classes.current : ""}`}
        >
          {each.label}
          {each.badge !== undefined && <span className={classes.badge}>{each.badge}</span>}
        </PageLink>
      ))}
    </nav>
  );
}
