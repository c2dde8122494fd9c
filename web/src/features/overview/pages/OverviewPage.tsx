import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { Empty } from "@/components/Empty";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { pagePath } from "@/lib/url";
import { Changes } from "../parts/Changes";
import { Cleanup } from "../parts/Cleanup";
import { Experiments } from "../parts/Experiments";
import { Figures } from "../parts/Figures";
import { Rollouts } from "../parts/Rollouts";
import { Sdks } from "../parts/Sdks";
import { Waiting } from "../parts/Waiting";
import { sdksQuery } from "../queries";
import classes from "./OverviewPage.module.css";

/** What goes on now. Each figure leads to the page that explains it. */
export default function OverviewPage() {
  const { project, environment } = usePlace();
  const flags = useRight("flag:read");
  const audit = useRight("audit:read");
  const sdks = useQuery(sdksQuery(project.key, environment.key));
  const isSilent = sdks.data !== undefined && sdks.data.sdks.length === 0 && sdks.data.last_exposure_at === null;
  return (
    <>
      <PageHeader title="Overview" subtitle={`What is going on in ${environment.name} now.`} />
      <Figures />
      {isSilent && (
        <div className={classes.silent}>
          <Empty
            title={`Nothing has asked ${environment.name} for a flag in the last day`}
            text="The guide has a program for your language, with a key in it."
            action={<PageLink to={pagePath(project.key, "guide")}>Open the integration guide</PageLink>}
          />
        </div>
      )}
      <div className={classes.columns}>
        <div className={classes.column}>
          <Waiting />
          <Experiments />
          <Rollouts />
          {!isSilent && <Sdks />}
          {!isSilent && flags.allowed && <Cleanup />}
        </div>
        {audit.allowed && (
          <div className={classes.column}>
            <Changes />
          </div>
        )}
      </div>
    </>
  );
}
