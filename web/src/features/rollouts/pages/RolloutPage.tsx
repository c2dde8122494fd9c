import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { KeyValue } from "@/components/KeyValue";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { percent } from "@/lib/format";
import { pagePath, useParams } from "@/lib/url";
import { DONE, guardsOf, type Plan, planOf, STATES, stepWords, waitsFor } from "../model";
import { Findings } from "../parts/Findings";
import { RolloutActions } from "../parts/RolloutActions";
import classes from "../parts/rollouts.module.css";
import { StepChart } from "../parts/StepChart";
import { Timeline } from "../parts/Timeline";
import {
  type Incident,
  type Rollout,
  rolloutQuery,
  useIncidents,
  useRolloutWrites,
  useWatched,
  verdictQuery,
} from "../queries";

export default function RolloutPage() {
  const { key } = useParams();
  const { project, environment } = usePlace();
  const query = useQuery(rolloutQuery(project.key, environment.key, key));
  return <QueryView query={query}>{(rollout) => <Body rollout={rollout} />}</QueryView>;
}

function Body({ rollout }: { readonly rollout: Rollout }) {
  const { project, environment } = usePlace();
  const writes = useRolloutWrites(project.key, environment.key);
  const incidents = useIncidents(project.key, environment.key, rollout.key).query;
  const plan = planOf(rollout.plan);
  const state = STATES[rollout.state];
  const waits = waitsFor(rollout);
  return (
    <>
      <PageHeader
        back={{ label: "Rollouts", to: pagePath(project.key, "rollouts") }}
        title={rollout.name}
        subtitle={
          <>
            <Badge tone={state.tone}>{state.label}</Badge> {rollout.variation} at {percent(rollout.share)} of{" "}
            <PageLink to={pagePath(project.key, "flags", rollout.flag)}>{rollout.flag}</PageLink> in {environment.name}
            {waits !== "" && `. ${waits}`}
            {rollout.state === "running" && rollout.due_at !== null && rollout.waiting_for === null && (
              <>
                {rollout.next_share === null ? " is done " : " "}
                <Time at={rollout.due_at} />
              </>
            )}
          </>
        }
        actions={<RolloutActions rollout={rollout} reasonDemanded={environment.reason_required} writes={writes} />}
      />
      <div className={classes.stack}>
        {rollout.description !== "" && <p>{rollout.description}</p>}
        <Card title="Share over time" subtitle="Solid is what was served, dashed what is planned.">
          <StepChart rollout={rollout} plan={plan} incidents={incidents.data ?? []} />
        </Card>
        <div className={classes.two}>
          <div className={classes.stack}>
            <Guards rollout={rollout} />
            <QueryView query={incidents} part>
              {(found) => <Incidents rollout={rollout.key} incidents={found} />}
            </QueryView>
            <Card title="Timeline">
              <Timeline rollout={rollout.key} />
            </Card>
          </div>
          <div className={`${classes.stack} ${classes.about}`}>
            <Steps rollout={rollout} plan={plan} />
            <Card title="About it">
              <KeyValue
                items={[
                  { label: "Key", value: <code>{rollout.key}</code> },
                  { label: "Moves", value: rollout.rule === null ? "the default" : `the rule ${rollout.rule}` },
                  {
                    label: "Split by",
                    value: rollout.bucket_by ?? "as the flag splits already, by targeting key where it does not",
                  },
                  { label: "Error rate", value: `${rollout.alpha} of the whole rollout, over all guards` },
                  { label: "Made by", value: rollout.created_by.name ?? "" },
                  { label: "Started", value: <Time at={rollout.started_at} /> },
                  { label: "Ended", value: <Time at={rollout.ended_at} /> },
                ]}
              />
            </Card>
          </div>
        </div>
      </div>
    </>
  );
}

function Steps({ rollout, plan }: { readonly rollout: Rollout; readonly plan: Plan }) {
  const begun = rollout.state !== "pending";
  const over = rollout.ended_at !== null;
  if (plan.progressive) {
    return (
      <Card title="Plan">
        <p>
          Step {rollout.step} of {rollout.steps}, evenly from {percent(plan.progressive.from)} to{" "}
          {percent(plan.progressive.to)}.
        </p>
      </Card>
    );
  }
  return (
    <Card title="Steps">
      <ol className={classes.steps}>
        {(plan.steps ?? []).map((step, index) => {
          const now = begun && index === rollout.step - 1;
          const past = begun && index < rollout.step - 1;
          const done = past || (now && rollout.state === "completed");
          return (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the plan
              key={index}
              className={classes.step}
              data-now={(now && !over) || undefined}
              data-past={past || over || undefined}
              aria-current={now && !over ? "step" : undefined}
            >
              <span>
                {index + 1}. {stepWords(step)}
              </span>
              <span className={classes.hint}>
                {done ? "done" : now ? (over ? "ended here" : "now") : over ? "not reached" : ""}
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

/** Each guard with what was found of it last. */
function Guards({ rollout }: { readonly rollout: Rollout }) {
  const { project, environment } = usePlace();
  const guards = guardsOf(rollout.guards);
  const watched = useWatched(project.key, guards);
  const query = useQuery({ ...verdictQuery(project.key, environment.key, rollout.key), enabled: guards.length > 0 });
  if (guards.length === 0) {
    return (
      <Card title="Guards">
        <p className={classes.hint}>Nothing watches this rollout: it goes forward by its plan alone.</p>
      </Card>
    );
  }
  return (
    <Card title="Guards" subtitle={query.data ? <LookedAt at={query.data.looked_at} /> : undefined}>
      <Findings guards={guards} findings={query.data?.findings ?? []} watched={watched} />
      <QueryView query={query} part>
        {(verdict) =>
          verdict === null && (
            <p className={classes.hint}>
              The monitor looks every five seconds once the rollout runs; it has not looked yet.
            </p>
          )
        }
      </QueryView>
    </Card>
  );
}

function LookedAt({ at }: { readonly at: string }) {
  return (
    <>
      Looked at <Time at={at} />
    </>
  );
}

function Incidents({ rollout, incidents }: { readonly rollout: string; readonly incidents: readonly Incident[] }) {
  const { project } = usePlace();
  if (incidents.length === 0) return null;
  return (
    <Card title="Incidents">
      {incidents.map((each) => (
        <div key={each.id} className={classes.entry}>
          <div className={classes.entryHead}>
            <PageLink to={pagePath(project.key, `rollouts/${rollout}/incidents`, each.id)}>{each.guard}</PageLink>
            <Badge tone={each.recovered_at === null ? "problem" : "neutral"}>
              {each.recovered_at === null ? "Open" : "Well again"}
            </Badge>
            <Time at={each.opened_at} />
          </div>
          <p>{each.finding.sentence}</p>
          <p className={classes.hint}>
            {DONE[each.done]} at {percent(each.share)}.
          </p>
        </div>
      ))}
    </Card>
  );
}
