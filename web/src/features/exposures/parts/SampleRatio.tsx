import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { pagePath } from "@/lib/url";
import classes from "../exposures.module.css";
import { sampleRatioQuery } from "../queries";

/** Whether the units of the experiment under way came in the expected shares: the service's reading and words. */
export function SampleRatio({ experiment }: { readonly experiment: string }) {
  const { project, environment } = usePlace();
  const query = useQuery(sampleRatioQuery(project.key, environment.key, experiment));
  return (
    <QueryView query={query} part>
      {({ sample_ratio: ratio }) => (
        <p className={classes.ratio} data-testid="sample-ratio">
          <Standing mismatch={ratio.mismatch} />
          <span>
            {ratio.summary} Units of{" "}
            <PageLink to={pagePath(project.key, "experiments", experiment)}>{experiment}</PageLink>.
          </span>
        </p>
      )}
    </QueryView>
  );
}

function Standing({ mismatch }: { readonly mismatch: boolean | null }) {
  if (mismatch === null) return <Badge>Shares not checked yet</Badge>;
  return mismatch ? <Badge tone="problem">Shares don't fit</Badge> : <Badge tone="good">Shares as expected</Badge>;
}
