import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { KeyValue } from "@/components/KeyValue";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { absoluteTime, percent, plural } from "@/lib/format";
import { type Experiment, useHistory, type Version } from "../queries";
import styles from "./history.module.css";

/** Its phases and pauses, and every version with who, when and why. */
export function HistoryTab({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const history = useHistory(project.key, experiment.key);
  return (
    <div className={styles.stack}>
      {experiment.ended_phases.length > 0 && (
        <Card title="Phases" subtitle={`It is in phase ${experiment.phase}; each phase has results of its own.`}>
          {experiment.ended_phases.map((each) => (
            <section key={each.phase} className={styles.entry}>
              <h3>Phase {each.phase}</h3>
              <KeyValue
                items={[
                  { label: "From", value: absoluteTime(each.started_at) },
                  { label: "To", value: absoluteTime(each.ended_at) },
                  {
                    label: "Shares",
                    value: each.variations.map((one) => `${one.key} ${percent(one.weight)}`).join(", "),
                  },
                  { label: "Traffic", value: percent(each.traffic) },
                ]}
              />
            </section>
          ))}
        </Card>
      )}
      {experiment.pauses.length > 0 && (
        <Card title="Pauses" subtitle="Exposures of these times count for nobody.">
          <ul className={styles.list}>
            {experiment.pauses.map((each) => (
              <li key={each.started_at}>
                {absoluteTime(each.started_at)} to {each.ended_at === null ? "now" : absoluteTime(each.ended_at)}
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card title="Versions">
        <QueryView query={history} part>
          {(page) => (
            <ol className={styles.versions}>
              {page.items.map((each) => (
                <Entry key={each.entry} version={each} />
              ))}
            </ol>
          )}
        </QueryView>
      </Card>
    </div>
  );
}

function Entry({ version }: { version: Version }) {
  const conclusion = version.action === "stop" && version.reason !== null;
  return (
    <li className={styles.entry}>
      <p>
        <strong>{actionWords(version.action)}</strong> by {version.by.name} <Time at={version.at} />
        {version.version !== null && <span className={styles.hint}> version {version.version}</span>}
      </p>
      {version.reason !== null && (
        <p>
          <strong>{conclusion ? "Conclusion" : "Why"}:</strong> {version.reason}
        </p>
      )}
      {version.changes.length > 0 && (
        <details>
          <summary>{plural(version.changes.length, "change")}</summary>
          <ul className={styles.list}>
            {version.changes.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function actionWords(action: string): string {
  const words = action.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
