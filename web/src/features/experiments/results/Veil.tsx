import { Alert, Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Icon } from "@/components/Icon";
import type { HealthCheck } from "./queries";
import styles from "./results.module.css";
import { checkTitle } from "./words";

/** While a check has a problem, figures stand behind a veil: one click opens it, and it says what to do instead. */
export function Veil({ problems, children }: { problems: readonly HealthCheck[]; children: ReactNode }) {
  const [opened, setOpened] = useState(false);
  if (problems.length === 0) return children;
  return (
    <>
      <Alert color="orange" variant="light" icon={<Icon name="warning" />} title="These figures can't be trusted">
        {problems.map((each) => (
          <p key={each.name} className={styles.veilReason}>
            <strong>{checkTitle(each.name)}.</strong> {each.action}
          </p>
        ))}
        {!opened && (
          <Button variant="default" size="xs" mt="xs" onClick={() => setOpened(true)}>
            Show the figures all the same
          </Button>
        )}
      </Alert>
      {opened && <div className={styles.veiled}>{children}</div>}
    </>
  );
}
