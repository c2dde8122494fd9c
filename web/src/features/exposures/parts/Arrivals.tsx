import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { QueryView } from "@/components/QueryView";
import { Stat } from "@/components/Stat";
import { count } from "@/lib/format";
import classes from "../exposures.module.css";
import { refusalWords, summed } from "../model";
import { countsQuery } from "../queries";

const MINUTES = 10;

/** What came in the last minutes, taken and refused. */
export function Arrivals() {
  const { project, environment } = usePlace();
  const query = useQuery(countsQuery(project.key, environment.key, MINUTES));
  return (
    <QueryView query={query} part>
      {(told) => {
        const sum = summed(told.minutes);
        const hint = `in ${MINUTES} minutes`;
        return (
          <section className={classes.figures} aria-label={`Events of the last ${MINUTES} minutes`}>
            <Stat label="Exposures" value={count(sum.exposures)} hint={hint} />
            <Stat label="Metric events" value={count(sum.metrics)} hint={hint} />
            <Stat label="Usage reports" value={count(sum.usage)} hint={hint} />
            <Stat
              label="Refused"
              value={count(sum.refused)}
              hint={sum.refused === 0 ? hint : refusalWords(sum.reasons)}
              {...(sum.refused > 0 ? { tone: "problem" as const } : {})}
            />
          </section>
        );
      }}
    </QueryView>
  );
}
