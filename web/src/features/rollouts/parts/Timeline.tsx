import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { percent } from "@/lib/format";
import { type Transition, timelineQuery } from "../queries";
import classes from "./rollouts.module.css";

const ACTIONS: Readonly<Record<string, string>> = {
  create: "Made",
  update: "Changed",
  start: "Started",
  pause: "Paused",
  resume: "Resumed",
  advance: "Moved on",
  skip: "Moved on by hand",
  approve: "Step approved",
  hold: "Held",
  complete: "Completed",
  roll_back: "Rolled back",
  cancel: "Cancelled",
};

/** Every transition with its cause, the newest first. */
export function Timeline({ rollout }: { readonly rollout: string }) {
  const { project, environment } = usePlace();
  const query = useQuery(timelineQuery(project.key, environment.key, rollout));
  return (
    <QueryView query={query} part>
      {(transitions) => (
        <div>
          {transitions
            .toSorted((one, other) => other.version - one.version)
            .map((each) => (
              <Entry key={each.version} transition={each} />
            ))}
        </div>
      )}
    </QueryView>
  );
}

function Entry({ transition }: { readonly transition: Transition }) {
  // "started" says no more than "Started".
  const told = !["", "started", "paused", "resumed", "cancelled", "rolled back"].includes(transition.cause.detail);
  return (
    <div className={classes.entry}>
      <div className={classes.entryHead}>
        <strong>{ACTIONS[transition.action] ?? transition.action}</strong>
        <span>at {percent(transition.share)}</span>
        <span className={classes.hint}>
          by {transition.by}, <Time at={transition.at} />
        </span>
      </div>
      {told && <p className={classes.hint}>{transition.cause.detail}</p>}
    </div>
  );
}
