import { outcomeSign } from "@/charts/palette";
import { Badge } from "@/components/Badge";
import { Time } from "@/components/Time";
import { count, lift, plural } from "@/lib/format";
import type { Experiment } from "../queries";
import styles from "../results/results.module.css";
import { checkTitle, readingOutcome, readingWord, verdictTitle, verdictTone } from "../results/words";
import type { Standing } from "./queries";

/** Where it stands; "pending" while nobody has said so. */
type Told = Standing | "pending" | undefined;

const NOT_YET = { waiting: "being computed", too_expensive: "open it to compute", not_started: "not started" } as const;

/** "1,234 of 80,000 · about 12 days left". */
export function Progress({ experiment, standing }: { experiment: Experiment; standing: Told }) {
  if (experiment.status === "scheduled" && experiment.schedule?.start_at) {
    return (
      <span>
        starts <Time at={experiment.schedule.start_at} />
      </span>
    );
  }
  const plan = known(standing)?.plan;
  if (!plan) return <Absent standing={standing} />;
  const units =
    plan.planned_units === null
      ? plural(plan.units, "unit")
      : `${count(plan.units)} of ${count(plan.planned_units)} units`;
  return (
    <span>
      {units}
      {plan.complete ? (
        <span className={styles.hint}> plan complete</span>
      ) : (
        plan.days_left !== null && (
          <span className={styles.hint}> about {plural(Math.ceil(plan.days_left), "day")} left</span>
        )
      )}
    </span>
  );
}

export function Health({ standing }: { standing: Told }) {
  const health = known(standing)?.health;
  if (!health) return <Absent standing={standing} />;
  const names = health.findings.map((each) => checkTitle(each.name)).join(", ");
  if (health.state === "problem") return <Badge tone="problem">{names}</Badge>;
  if (health.state === "warning") return <Badge tone="caution">{names}</Badge>;
  return <Badge tone="good">Sound</Badge>;
}

/** What is decided, or what may be read of the first goal by now. */
export function Verdict({ standing }: { standing: Told }) {
  const found = known(standing);
  if (found?.state !== "computed") return <Absent standing={standing} />;
  const first = found.decisions[0];
  if (!first) return <span className={styles.hint}>nothing decided</span>;
  const tone = verdictTone(first.verdict);
  return (
    <Badge tone={tone} title={first.rule}>
      {found.decisions.length > 1 ? `${first.variation}: ` : ""}
      {verdictTitle(first.verdict)}
    </Badge>
  );
}

export function Goal({ standing }: { standing: Told }) {
  const goal = known(standing)?.goal;
  if (!goal) return <Absent standing={standing} />;
  const unsound = known(standing)?.health?.state === "problem";
  return (
    <span>
      {goal.name}
      {goal.variations.map((each) => (
        <span key={each.variation}>
          {" · "}
          <span className={styles.reading} data-outcome={unsound ? "unread" : readingOutcome(each.reading)}>
            {outcomeSign(readingOutcome(each.reading))} {readingWord(each.reading)}
          </span>{" "}
          {!unsound && each.lift !== null && lift(each.lift)}
        </span>
      ))}
    </span>
  );
}

/** Why there is nothing stands above the table where all of them can't be had. */
const Nothing = () => (
  <span className={styles.hint} title="Nothing is known of it now">
    –
  </span>
);

const known = (standing: Told): Standing | undefined => (standing === "pending" ? undefined : standing);

function Absent({ standing }: { standing: Told }) {
  if (standing === "pending") return <span aria-busy="true">…</span>;
  if (standing === undefined || standing.state === "computed") return <Nothing />;
  return <span className={styles.hint}>{NOT_YET[standing.state]}</span>;
}
