import { Alert, Button } from "@mantine/core";
import { Icon } from "@/components/Icon";
import { Time } from "@/components/Time";
import { count } from "@/lib/format";
import type { Result } from "./queries";
import styles from "./results.module.css";
import { modeWords } from "./words";

/** Before the plan decides: when it will, and what looking anyway does. */
export function EarlyFigures({ result, shown, onShow }: { result: Result; shown: boolean; onShow: () => void }) {
  const { plan } = result;
  return (
    <Alert color="gray" variant="light" icon={<Icon name="clock" />} title="Too early to read">
      <p className={styles.veilReason}>
        This plan decides {modeWords(plan.mode)}
        {plan.next_look_units !== null &&
          `: next at ${count(plan.next_look_units)} units, ${count(plan.units)} are there`}
        .
        {plan.readable_at !== null && (
          <>
            {" "}
            At the present traffic that is <Time at={plan.readable_at} />.
          </>
        )}
      </p>
      <p className={styles.veilReason}>
        {shown
          ? "The figures below are what a single look would say. They decide nothing: whoever stops at the first good figure finds a difference where there is none far more often than the plan allows."
          : "Until then counts and rates are shown. Whoever looks at lifts early and stops at the first good one finds a difference where there is none far more often than the plan allows."}
      </p>
      {!shown && (
        <Button variant="default" size="xs" mt="xs" onClick={onShow}>
          Show early figures
        </Button>
      )}
    </Alert>
  );
}
