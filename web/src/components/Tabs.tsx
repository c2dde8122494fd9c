import { useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { pagePath, useParams } from "@/lib/url";
import { PageLink } from "./PageLink";
import classes from "./Tabs.module.css";

export interface Tab {
  /** The last part of the address; the first tab has none. */
  readonly key: string;
  readonly label: string;
  /** A count or a mark beside it. */
  readonly badge?: ReactNode;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
}

/** Of an entity's page. Each tab is an address, so they are links. */
export function Tabs({ label, tabs }: Props) {
  const { project, key, tab } = useParams();
  const page = useRouterState({ select: (state) => state.location.pathname.split("/")[3] ?? "" });
  const first = tabs[0]?.key;
  const current = tabs.some((each) => each.key === tab) ? tab : first;
  return (
    <nav aria-label={label} className={classes.tabs}>
      {tabs.map((each) => (
        <PageLink
          key={each.key}
          to={
            each.key === first
              ? pagePath(project, page, key || undefined)
              : pagePath(project, page, key || undefined, each.key)
          }
          className={`${classes.tab} ${each.key === current ? classes.current : ""}`}
        >
          {each.label}
          {each.badge !== undefined && <span className={classes.badge}>{each.badge}</span>}
        </PageLink>
      ))}
    </nav>
  );
}
