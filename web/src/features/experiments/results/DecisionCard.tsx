import { Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "@/components/Card";
import { Sentence } from "@/components/Sentence";
import { plural } from "@/lib/format";
import type { Decision, Result } from "./queries";
import styles from "./results.module.css";
import { verdictTitle, verdictTone } from "./words";

interface Props {
  result: Result;
  /** What can be done with a variation that is to be shipped. */
  action: (decision: Decision) => ReactNode;
}

/** What to do, by which rule and why: the first thing on the page. */
export function DecisionCard({ result, action }: Props) {
  const { decisions, plan } = result;
  return (
    <Card title="Decision">
      {decisions.length === 0 && (
        <Text>
          <Sentence text={result.summary} />
        </Text>
      )}
      {decisions.map((each) => (
        <section key={each.variation} className={styles.decision} data-tone={verdictTone(each.verdict)}>
          <Group justify="space-between" align="flex-start" gap="sm">
            <div className={styles.words}>
              <h3 className={styles.verdict}>
                <span className={styles.variation}>{each.variation}</span> {verdictTitle(each.verdict)}
              </h3>
              {each.reasons.map((reason) => (
                <p key={reason} className={styles.reason}>
                  <Sentence text={reason} />
                </p>
              ))}
              {each.days_left !== null && each.verdict === "keep_running" && (
                <p className={styles.reason}>
                  About {plural(Math.ceil(each.days_left), "day")} left at the present traffic.
                </p>
              )}
            </div>
            {action(each)}
          </Group>
          <p className={styles.rule}>
            <span className={styles.ruleName}>Rule</span> {each.rule}
          </p>
        </section>
      ))}
      <p className={styles.plan}>
        <Sentence text={plan.sentence} />
      </p>
    </Card>
  );
}

/** An action that is there and can't be done yet says why. */
export function Withheld({ label, reason }: { label: string; reason: string }) {
  return (
    <Button aria-disabled title={reason} variant="default" onClick={(event) => event.preventDefault()} data-disabled>
      {label}
    </Button>
  );
}
