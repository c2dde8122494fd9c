import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "@/components/Icon";
import classes from "./Step.module.css";

interface Props {
  readonly number: number;
  readonly title: string;
  readonly state: "done" | "now" | "later";
  /** What came of it. */
  readonly outcome?: ReactNode;
  readonly children?: ReactNode;
}

export function Step({ number, title, state, outcome, children }: Props) {
  return (
    <li className={classes.step} data-state={state} aria-current={state === "now" ? "step" : undefined}>
      <span className={classes.mark}>{state === "done" ? <Icon name="check" size={16} label="done" /> : number}</span>
      <div className={classes.inside}>
        <Title order={2} size="h3">
          {title}
        </Title>
        {state === "done" && outcome !== undefined && <Text c="dimmed">{outcome}</Text>}
        {state === "now" && <div className={classes.content}>{children}</div>}
      </div>
    </li>
  );
}
