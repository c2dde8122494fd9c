import { Badge, type Tone } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Sentence } from "@/components/Sentence";
import { plural } from "@/lib/format";
import { byUrgency, problems } from "./model";
import type { HealthCheck } from "./queries";
import styles from "./results.module.css";
import { checkTitle } from "./words";

const STATES: Record<HealthCheck["state"], { word: string; tone: Tone }> = {
  problem: { word: "Problem", tone: "problem" },
  warning: { word: "Look at it", tone: "caution" },
  unknown: { word: "Not known", tone: "neutral" },
  ok: { word: "Sound", tone: "good" },
};

/** Each check with its finding; what is sound is folded away. */
export function HealthCard({ health }: { health: readonly HealthCheck[] }) {
  const open = byUrgency(health).filter((each) => each.state === "problem" || each.state === "warning");
  const rest = byUrgency(health).filter((each) => !open.includes(each));
  return (
    <Card title="Health" subtitle={said(health)}>
      {open.map((each) => (
        <Check key={each.name} check={each} />
      ))}
      {rest.length > 0 && (
        <details className={styles.fold}>
          <summary>{plural(rest.length, open.length > 0 ? "other check" : "check")}</summary>
          {rest.map((each) => (
            <Check key={each.name} check={each} />
          ))}
        </details>
      )}
    </Card>
  );
}

function said(health: readonly HealthCheck[]): string {
  const found = problems(health).length;
  if (found > 0)
    return `${plural(found, "problem")}: nothing can be decided before ${found === 1 ? "it is" : "they are"} solved.`;
  const warnings = health.filter((each) => each.state === "warning").length;
  if (warnings > 0) return `No problem. ${plural(warnings, "check")} want${warnings === 1 ? "s" : ""} a look.`;
  return "No check found a problem.";
}

function Check({ check }: { check: HealthCheck }) {
  const { word, tone } = STATES[check.state];
  return (
    <div className={styles.check} data-state={check.state}>
      <div className={styles.checkHead}>
        <Badge tone={tone}>{word}</Badge>
        <strong>{checkTitle(check.name)}</strong>
      </div>
      <p>
        <Sentence text={check.finding} />
      </p>
      {check.state !== "ok" && (
        <p className={styles.hint}>
          <Sentence text={check.meaning} /> <strong>What to do:</strong> <Sentence text={check.action} />
        </p>
      )}
    </div>
  );
}
