import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Sparkline } from "@/charts/Sparkline";
import { Stat } from "@/components/Stat";
import { count, plural } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { arrivedOf, fleetState, pulseOf } from "../model";
import { activityQuery, countsQuery, edgesQuery } from "../queries";
import classes from "./List.module.css";

const WAITING = "…";

export function Figures() {
  const { project, environment } = usePlace();
  const activity = useQuery(activityQuery(project.key, environment.key));
  const counts = useQuery(countsQuery(project.key, environment.key));
  const edges = useQuery(edgesQuery(project.key, environment.key));
  const pulse = activity.data === undefined ? null : pulseOf(activity.data);
  const fleet = edges.data === undefined ? null : fleetState(edges.data.items);
  const arrived = counts.data === undefined ? null : arrivedOf(counts.data);
  const absent = (isError: boolean) => (isError ? "–" : WAITING);

  return (
    <div className={classes.figures}>
      <Stat
        label="Evaluations a minute"
        value={pulse === null ? absent(activity.isError) : count(pulse.evaluations)}
        hint={
          pulse === null ? (
            activity.isError ? (
              "The analytics service does not answer"
            ) : (
              ""
            )
          ) : (
            <Sparkline label="Evaluations a minute in the last hour" values={pulse.evaluationSeries} />
          )
        }
        to={pagePath(project.key, "exposures")}
      />
      <Stat
        label="Errors, last hour"
        value={pulse === null ? absent(activity.isError) : count(pulse.errors)}
        hint={pulse === null ? "" : `${plural(pulse.unknownFlags, "evaluation")} of unknown flags`}
        {...(pulse !== null && pulse.errors > 0 ? { tone: "caution" as const } : {})}
        to={pagePath(project.key, "exposures")}
      />
      <Stat
        label="Events, last 10 minutes"
        value={arrived === null ? absent(counts.isError) : count(arrived.accepted)}
        hint={
          arrived === null
            ? counts.isError
              ? "The ingestor does not answer"
              : ""
            : `${count(arrived.refused)} refused`
        }
        {...(arrived !== null && arrived.refused > 0 ? { hintTone: "caution" as const } : {})}
        to={pagePath(project.key, "exposures")}
      />
      <Stat
        label="Edges"
        value={fleet === null ? absent(edges.isError) : fleet.text}
        hint={fleet?.hint ?? ""}
        {...(fleet === null || fleet.tone === null ? {} : { tone: fleet.tone })}
        to={pagePath(project.key, "fleet")}
      />
    </div>
  );
}
