import { outcomeSign } from "@/charts/palette";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { PageLink } from "@/components/PageLink";
import { Sentence } from "@/components/Sentence";
import { Sideways } from "@/components/Sideways";
import { Stat } from "@/components/Stat";
import { lift, plural, rate } from "@/lib/format";
import { pagePath, useParams } from "@/lib/url";
import styles from "../results/results.module.css";
import { readingOutcome, readingWord } from "../results/words";
import own from "./layers.module.css";
import type { Programme } from "./queries";

/** Of the experiments that are over, on one metric. */
export function ProgrammeView({ programme }: { programme: Programme }) {
  const { project } = useParams();
  if (programme.treatments.length === 0) {
    return (
      <Empty
        title="No experiment with this metric is over yet"
        text="Once some are, this page says how often they won and by how much winners are overstated."
      />
    );
  }
  const few = programme.mean_lift === null;
  return (
    <div className={styles.stack}>
      <div className={own.stats}>
        <Stat label="Treatments counted" value={String(programme.counted)} hint={`${programme.won} read as better`} />
        <Stat
          label="Win rate"
          value={rate(programme.win_rate)}
          hint={
            programme.win_rate_lower === null
              ? "not known yet"
              : `${rate(programme.win_rate_lower)} to ${rate(programme.win_rate_upper)}`
          }
        />
        <Stat
          label="Mean true lift"
          value={lift(programme.mean_lift)}
          hint={few ? "fewer than four lifts tell no spread" : `spread ${lift(programme.spread)}`}
        />
        <Stat
          label="Winners overstated by"
          value={lift(programme.inflation?.excess)}
          hint={
            programme.inflation
              ? `${lift(programme.inflation.measured)} measured, ${lift(programme.inflation.expected)} to expect`
              : "no winner to tell it from"
          }
        />
      </div>
      <Card
        title="Treatments"
        subtitle={
          programme.left_out > 0
            ? `The latest; ${plural(programme.left_out, "earlier experiment")} left out.`
            : undefined
        }
      >
        <Sideways label="Experiments of the programme">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Experiment</th>
                <th scope="col">Variation</th>
                <th scope="col">Reading</th>
                <th scope="col">Measured</th>
                <th scope="col">To expect</th>
              </tr>
            </thead>
            <tbody>
              {programme.treatments.map((each) => (
                <tr key={`${each.experiment_id} ${each.variation}`}>
                  <th scope="row">
                    <PageLink to={pagePath(project, "experiments", each.experiment)}>{each.name}</PageLink>
                    {each.problem !== null && (
                      <p className={styles.hint}>
                        <Sentence text={each.problem} />
                      </p>
                    )}
                  </th>
                  <td>{each.variation}</td>
                  <td>
                    {isReading(each.reading)
                      ? `${outcomeSign(readingOutcome(each.reading))} ${readingWord(each.reading)}`
                      : "–"}
                  </td>
                  <td>{lift(each.lift)}</td>
                  <td>
                    {lift(each.expected_lift)}
                    {each.expected_lower !== null && ` (${lift(each.expected_lower)} to ${lift(each.expected_upper)})`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
        <p className={styles.hint}>
          {programme.caution}. Engine {programme.engine_version}.
        </p>
      </Card>
    </div>
  );
}

const STATES = ["too_early", "better", "within_margin", "worse", "unclear", "not_estimable"] as const;

function isReading(state: string | null): state is (typeof STATES)[number] {
  return STATES.some((each) => each === state);
}
