import { Link, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Icon } from "@/components/Icon";
import { patiently } from "@/lib/patiently";
import { pagePath, useParams } from "@/lib/url";
import { featureRoutes } from "../feature-routes";
import { pageGroups } from "../pages";
import classes from "./Rail.module.css";

const ProjectSwitch = lazy(() => patiently(() => import("./ProjectSwitch")));

const offered = new Set(featureRoutes.map((each) => each.path.split("/")[0]));

/** Pages that exist; the letters are in the help of the keyboard. */
export const groups = pageGroups
  .map((group) => ({ ...group, pages: group.pages.filter((page) => offered.has(page.path)) }))
  .filter((group) => group.pages.length > 0);

export function Rail({ onNavigate }: { readonly onNavigate: () => void }) {
  const { project } = useParams();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const current = path.split("/")[3] ?? "";
  return (
    <>
      <Suspense fallback={<div className={classes.switch} />}>
        <ProjectSwitch onNavigate={onNavigate} />
      </Suspense>
      <div className={classes.pages}>
        {groups.map((group) => (
          <div key={group.label} className={classes.group}>
            {group.label !== "" && <div className={classes.label}>{group.label}</div>}
            <ul className={classes.list}>
              {group.pages.map((page) => (
                <li key={page.path}>
                  <Link
                    to={pagePath(project, page.path)}
                    className={classes.link}
                    data-current={current === page.path || undefined}
                    aria-current={current === page.path ? "page" : undefined}
                    onClick={onNavigate}
                  >
                    <Icon name={page.icon} size={18} />
                    {page.label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </>
  );
}
